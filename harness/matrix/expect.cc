// SPDX-License-Identifier: GPL-2.0-or-later
#include "matrix/expect.h"

#include <algorithm>
#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/text.h"

namespace rogate::matrix {
namespace {

const std::vector<std::string> kVerdictWords{"sealed", "leak",   "hole",    "silent",  "overblocked", "void", "hang",
                                             "crash",  "writes", "refused", "corrupt", "skip",        "error"};

Error at(const std::string& name, const toml::node& node, const std::string& what, const std::string& hint = {})
{
    return {ErrorKind::usage, fmt::format("'{}' line {}: {}", name, node.source().begin.line, what), hint};
}

Result<VerdictKind> read_verdict(const std::string& name, const toml::node& node)
{
    const auto* word = node.as_string();
    const auto kind = word ? verdict_kind(word->get()) : std::nullopt;
    if (!kind) {
        const std::string text = word ? word->get() : "?";
        return at(name, node, fmt::format("'{}' is no verdict", text), did_you_mean(text, kVerdictWords));
    }
    return *kind;
}

Result<void> read_after(const std::string& name, const toml::node& node, Rule& rule)
{
    const toml::table* table = node.as_table();
    if (!table) {
        return at(name, node, "'after' must be a table of patch file = verdict");
    }
    for (const auto& [patch, verdict] : *table) {
        auto kind = read_verdict(name, verdict);
        if (!kind) {
            return kind.error();
        }
        rule.after.emplace_back(std::string(patch.str()), *kind);
    }
    return {};
}

Result<void> read_key(const std::string& name, const std::string& key, const toml::node& node, Rule& rule)
{
    if (key == "after") {
        return read_after(name, node, rule);
    }
    if (key == "base" || key == "tip") {
        auto kind = read_verdict(name, node);
        if (!kind) {
            return kind.error();
        }
        (key == "base" ? rule.base : rule.tip) = *kind;
        return {};
    }
    const auto* text = node.as_string();
    if ((key == "id" || key == "why") && text) {
        (key == "id" ? rule.pattern : rule.why) = text->get();
        return {};
    }
    return at(name, node, fmt::format("unknown key '{}'", key), did_you_mean(key, {"id", "base", "after", "tip", "why"}));
}

Result<Rule> read_rule(const std::string& name, const toml::table& table)
{
    Rule rule;
    for (const auto& [key, node] : table) {
        if (auto read = read_key(name, std::string(key.str()), node, rule); !read) {
            return read.error();
        }
    }
    for (const char* key : {"id", "base", "tip"}) {
        if (!table.contains(key)) {
            return at(name, table, fmt::format("a [[case]] has no '{}'", key));
        }
    }
    return rule;
}

}  // namespace

Result<Expectations> Expectations::parse(std::string_view text, const std::string& name)
{
    toml::table root;
    try {
        root = toml::parse(text, std::string_view(name));
    } catch (const toml::parse_error& error) {
        return Error{ErrorKind::usage,
                     fmt::format("'{}' line {}: {}", name, error.source().begin.line, std::string(error.description()))};
    }
    Expectations expectations;
    for (const auto& [key, node] : root) {
        const toml::array* cases = node.as_array();
        if (key.str() != "case" || !cases) {
            return at(name, node, fmt::format("unknown key '{}'", std::string(key.str())), "rules are written as [[case]]");
        }
        for (const toml::node& entry : *cases) {
            if (!entry.as_table()) {
                return at(name, entry, "rules are written as [[case]]");
            }
            auto rule = read_rule(name, *entry.as_table());
            if (!rule) {
                return rule.error();
            }
            expectations.rules_.push_back(std::move(*rule));
        }
    }
    return expectations;
}

std::optional<Expected> Expectations::expected(const std::string& case_id, const std::vector<std::string>& patches,
                                               size_t applied) const
{
    const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& one) { return matches(one.pattern, case_id); });
    if (rule == rules_.end()) {
        return std::nullopt;
    }
    Expected expected{rule->base, rule->why, {}};
    for (const auto& [patch, kind] : rule->after) {
        if (std::find(patches.begin(), patches.end(), patch) == patches.end()) {
            expected.missing_patch = patch;
        }
    }
    for (size_t i = 0; i < applied; ++i) {
        for (const auto& [patch, kind] : rule->after) {
            if (patch == patches[i]) {
                expected.kind = kind;
            }
        }
    }
    if (applied == patches.size() && applied > 0) {
        expected.kind = rule->tip;
    }
    return expected;
}

}  // namespace rogate::matrix
