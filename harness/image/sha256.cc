// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace rogate::image {

namespace {

Error crypto_error()
{
    return {ErrorKind::environment, "cannot compute SHA-256: libcrypto refuses it"};
}

}  // namespace

std::string to_hex(std::span<const uint8_t> bytes)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const uint8_t byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new())
{
    // Fetched once: an implicit fetch for each digest costs more than a small file. Without the configuration file:
    // reading it costs most of a millisecond, and SHA-256 needs none of it.
    static EVP_MD* const algorithm = [] {
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
        return EVP_MD_fetch(nullptr, "SHA256", nullptr);
    }();
    ok_ = context_ && algorithm && EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context_), algorithm, nullptr) == 1;
}

Sha256Stream::~Sha256Stream()
{
    EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256Stream::add(const void* bytes, size_t length)
{
    ok_ = ok_ && EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes, length) == 1;
}

void Sha256Stream::add_number(uint64_t number)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; ++i) {
        bytes[i] = static_cast<uint8_t>(number >> (8 * i));
    }
    add(bytes, sizeof bytes);
}

Result<Sha256> Sha256Stream::finish()
{
    Sha256 digest{};
    ok_ = ok_ && EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest.data(), nullptr) == 1;
    if (!ok_) {
        return crypto_error();
    }
    return digest;
}

}  // namespace rogate::image
