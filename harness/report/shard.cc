// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/shard.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <openssl/sha.h>

namespace rogate::report {
namespace {

bool read_number(std::string_view text, size_t& number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<Shard> parse_shard(std::string_view text)
{
    Shard shard;
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos || !read_number(text.substr(0, slash), shard.index) ||
        !read_number(text.substr(slash + 1), shard.count) || shard.index < 1 || shard.index > shard.count) {
        return Error{ErrorKind::usage, fmt::format("'{}' is no part of a plan", text),
                     "write '2/5' for the second of five parts"};
    }
    return shard;
}

Result<std::vector<matrix::Case>> part_of(const std::vector<matrix::Case>& cases, const Shard& shard)
{
    const auto runs = [](const matrix::Case& one) { return one.skip.empty(); };
    const auto running = static_cast<size_t>(std::count_if(cases.begin(), cases.end(), runs));
    if (shard.count > running) {
        return Error{ErrorKind::usage, fmt::format("cannot split {} cases into {} parts", running, shard.count),
                     "a part in which nothing runs proves nothing; use fewer parts"};
    }
    const size_t from = running * (shard.index - 1) / shard.count;
    const size_t to = running * shard.index / shard.count;
    std::vector<matrix::Case> part;
    size_t before = 0;
    for (const matrix::Case& one : cases) {
        // What is skipped goes with the next case that runs; behind the last one, with that.
        const size_t place = std::min(before, running - 1);
        if (place >= from && place < to) {
            part.push_back(one);
        }
        before += runs(one) ? 1 : 0;
    }
    return part;
}

std::string plan_id(const RunFacts& facts, const std::vector<matrix::Case>& cases)
{
    std::string text = "rogate-plan-1\n" + facts.series + "\n";
    for (const std::string& patch : facts.patches) {
        text += "patch " + patch + "\n";
    }
    for (const auto& [state, tree] : facts.trees) {
        text += "tree " + state + " " + tree + "\n";
    }
    for (const matrix::Case& one : cases) {
        text += "case " + one.id() + (one.skip.empty() ? "" : " skip " + one.skip) + "\n";
    }
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::string id;
    for (const unsigned char byte : digest) {
        id += fmt::format("{:02x}", byte);
    }
    return id;
}

}  // namespace rogate::report
