// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/fs_report.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace rogate::lab {
namespace {

/// Takes `key` and the word behind it from the front of `rest`; nothing when something else is there.
std::optional<std::string_view> take_word(std::string_view& rest, std::string_view key)
{
    if (!rest.starts_with(key)) {
        return std::nullopt;
    }
    const size_t end = std::min(rest.find(' ', key.size()), rest.size());
    const std::string_view word = rest.substr(key.size(), end - key.size());
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

std::optional<int> take_number(std::string_view& rest, std::string_view key)
{
    const auto word = take_word(rest, key);
    int value = 0;
    if (!word) {
        return std::nullopt;
    }
    const auto [end, ec] = std::from_chars(word->data(), word->data() + word->size(), value);
    return ec == std::errc() && end == word->data() + word->size() ? std::optional(value) : std::nullopt;
}

/// The text between the quotes that end the line.
std::optional<std::string> take_text(std::string_view rest)
{
    constexpr std::string_view kStart = "text=\"";
    if (!rest.starts_with(kStart) || rest.size() <= kStart.size() || rest.back() != '"') {
        return std::nullopt;
    }
    return std::string(rest.substr(kStart.size(), rest.size() - kStart.size() - 1));
}

/// The disk and the scenario, which all lines of a report share.
bool take_place(FsReport& report, std::string_view& rest, std::string_view key)
{
    const auto disk = take_word(rest, key);
    const auto scenario = disk ? take_word(rest, "scenario=") : std::nullopt;
    if (!scenario) {
        return false;
    }
    if (report.disk.empty()) {
        report.disk = *disk;
        report.scenario = *scenario;
    }
    return report.disk == *disk && report.scenario == *scenario;
}

bool take_step(FsReport& report, std::string_view rest)
{
    if (!take_place(report, rest, "fs ")) {
        return false;
    }
    const auto name = take_word(rest, "step=");
    const auto rc = take_number(rest, "rc=");
    const auto error = take_number(rest, "errno=");
    auto text = take_text(rest);
    if (!name || !rc || !error || !text) {
        return false;
    }
    report.steps.push_back({std::string(*name), *rc, *error, std::move(*text)});
    return true;
}

bool take_kernel(FsReport& report, std::string_view rest)
{
    auto text = take_word(rest, "kmsg") ? take_text(rest) : std::nullopt;
    if (text) {
        report.kernel.push_back(std::move(*text));
    }
    return text.has_value();
}

bool take_end(FsReport& report, std::string_view rest)
{
    if (!take_place(report, rest, "end-fs ")) {
        return false;
    }
    const auto steps = take_number(rest, "steps=");
    report.complete = steps && static_cast<size_t>(*steps) == report.steps.size() && *steps > 0;
    return report.complete;
}

}  // namespace

const FsStep* FsReport::find(std::string_view name) const
{
    const auto found = std::find_if(steps.begin(), steps.end(), [&](const FsStep& step) { return step.name == name; });
    return found == steps.end() ? nullptr : &*found;
}

FsReport parse_fs_report(std::string_view text)
{
    FsReport report;
    unsigned number = 0;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        ++number;
        const bool taken = !report.complete && (line.starts_with("fs ")     ? take_step(report, line)
                                                : line.starts_with("kmsg ") ? take_kernel(report, line)
                                                                            : take_end(report, line));
        if (!taken) {
            report.complete = false;
            report.problem = fmt::format("line {} cannot be read: '{}'", number, line.substr(0, 120));
            return report;
        }
    }
    if (!report.complete) {
        report.problem = "the guest's report has no end line";
    }
    return report;
}

}  // namespace rogate::lab
