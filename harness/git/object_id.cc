// SPDX-License-Identifier: GPL-2.0-or-later
// OpenSSL calls SHA1_Init and its like old, but the new interface's first use costs 0.8 ms, and these 10 us.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "git/object_id.h"

#include <openssl/sha.h>

namespace rogate::git {
namespace {

int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : (c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1);
}

}  // namespace

std::string ObjectId::hex() const
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

Result<ObjectId> ObjectId::from_hex(std::string_view text)
{
    ObjectId id;
    bool good = text.size() == 2 * id.bytes.size();
    for (size_t i = 0; good && i < text.size(); ++i) {
        const int value = digit(text[i]);
        good = value >= 0;
        id.bytes[i / 2] = static_cast<uint8_t>(id.bytes[i / 2] << 4U | (value & 15));
    }
    if (!good) {
        return Error{ErrorKind::usage, "'" + std::string(text.substr(0, 80)) + "' is not an object id of 40 digits"};
    }
    return id;
}

ObjectId hash_object(std::string_view type, std::string_view body)
{
    const std::string header = std::string(type) + ' ' + std::to_string(body.size());
    ObjectId id;
    SHA_CTX context;
    SHA1_Init(&context);
    SHA1_Update(&context, header.c_str(), header.size() + 1);
    SHA1_Update(&context, body.data(), body.size());
    SHA1_Final(id.bytes.data(), &context);
    return id;
}

ObjectId hash_blob(std::string_view content)
{
    return hash_object("blob", content);
}

}  // namespace rogate::git
