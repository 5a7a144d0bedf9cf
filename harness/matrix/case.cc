// SPDX-License-Identifier: GPL-2.0-or-later
#include "matrix/case.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>
#include <set>

#include "base/text.h"
#include "image/loop_device.h"
#include "image/recipe.h"
#include "matrix/configuration.h"

namespace rogate::matrix {
namespace {

const std::vector<std::string> kShapes{"plain", "backed", "snapshot"};
constexpr std::array<const char*, 5> kPartNames{"format", "bus", "mode", "configuration", "shape"};

/// Asked once: the answer is the machine's.
const std::string& no_loop_devices()
{
    static const std::string reason = image::no_loop_devices();
    return reason;
}

/// Whether `word` is one of `words`, which are joined by spaces.
bool among(std::string_view word, std::string_view words)
{
    return fmt::format(" {} ", words).find(fmt::format(" {} ", word)) != std::string::npos;
}

/// What a configuration cannot say.
std::string no_word_reason(const Case& one, const Configuration& configuration)
{
    if (one.mode == Mode::ro && !configuration.no_ro.empty()) {
        return std::string(configuration.no_ro);
    }
    if (one.mode == Mode::rw && !configuration.no_rw.empty()) {
        return std::string(configuration.no_rw);
    }
    if (one.shape == "snapshot" && !configuration.no_snapshot.empty()) {
        return std::string(configuration.no_snapshot);
    }
    if (one.shape == "backed" && configuration.plain_only) {
        return "as with -drive: how the disk is told does not reach its backing file";
    }
    if (!configuration.formats.empty() && !among(one.format, configuration.formats)) {
        return std::string(configuration.formats_why);
    }
    return {};
}

std::string skip_reason(const Case& one, const Configuration& configuration, const lab::Bus& bus)
{
    const auto shape = image::parse_shape(one.shape);
    const auto skip = shape ? image::check_shape(one.format, *shape) : Result<std::optional<image::Skip>>(shape.error());
    if (skip && *skip) {
        return (*skip)->reason;
    }
    if (one.format == "vvfat" && one.mode == Mode::rw && one.shape != "snapshot") {
        return "raw writes make no file system; harness/selfcheck writes files through it";
    }
    if (one.format == "host_device" && !no_loop_devices().empty()) {
        return no_loop_devices();
    }
    if (bus.guest == lab::GuestKind::linux_ && one.format == "vvfat") {
        return "its disk has a size of its own, and the Linux guest a template for each size; the other buses have it";
    }
    if (bus.guest == lab::GuestKind::monitor && one.shape == "snapshot") {
        return "the temporary file takes what a monitor's command changes, as on any bus";
    }
    return no_word_reason(one, configuration);
}

std::vector<std::string> parts_of(std::string_view id)
{
    std::vector<std::string> parts;
    for (;;) {
        const size_t slash = id.find('/');
        parts.emplace_back(id.substr(0, slash));
        if (slash == std::string_view::npos) {
            return parts;
        }
        id.remove_prefix(slash + 1);
    }
}

/// Why `pattern` fits no case: the first of its parts that no case has, or that the parts do not go together.
Error no_match(const std::string& pattern, const std::vector<Case>& cases)
{
    const std::vector<std::string> wanted = parts_of(pattern);
    if (wanted.size() > kPartNames.size()) {
        return {ErrorKind::usage, fmt::format("'{}' has {} parts, a case id has {}", pattern, wanted.size(), kPartNames.size()),
                "a case id is format/bus/mode/configuration/shape, each part a glob: 'qcow/ide/ro/*/*'"};
    }
    for (size_t i = 0; i < wanted.size(); ++i) {
        std::set<std::string> known;
        for (const Case& one : cases) {
            known.insert(parts_of(one.id())[i]);
        }
        const auto fits = [&](const std::string& word) { return ::fnmatch(wanted[i].c_str(), word.c_str(), 0) == 0; };
        if (std::none_of(known.begin(), known.end(), fits)) {
            return {ErrorKind::usage, fmt::format("unknown {} '{}' in case '{}'", kPartNames[i], wanted[i], pattern),
                    fmt::format("{}the {}s are: {}", did_you_mean(wanted[i], {known.begin(), known.end()}), kPartNames[i],
                                fmt::join(known, ", "))};
        }
    }
    return {ErrorKind::usage, fmt::format("no case fits '{}'", pattern), "'rogate list' shows every case"};
}

}  // namespace

std::string Case::id() const
{
    return fmt::format("{}/{}/{}/{}/{}", format, bus, to_string(mode), configuration, shape);
}

std::string_view to_string(Mode mode) { return mode == Mode::ro ? "ro" : "rw"; }

std::vector<Case> all_cases()
{
    std::vector<Case> cases;
    for (const std::string_view format : image::format_names()) {
        for (const lab::Bus& bus : lab::buses()) {
            for (const Configuration* configuration : configurations_of(bus)) {
                for (const std::string& shape : kShapes) {
                    for (Mode mode : {Mode::ro, Mode::rw}) {
                        Case one{std::string(format), std::string(bus.name), mode, std::string(configuration->name), shape};
                        one.skip = skip_reason(one, *configuration, bus);
                        cases.push_back(std::move(one));
                    }
                }
            }
        }
    }
    return cases;
}

bool matches(std::string_view pattern, std::string_view id)
{
    const std::vector<std::string> globs = parts_of(pattern);
    const std::vector<std::string> words = parts_of(id);
    if (globs.size() > words.size()) {
        return false;
    }
    for (size_t i = 0; i < globs.size(); ++i) {
        if (::fnmatch(globs[i].c_str(), words[i].c_str(), 0) != 0) {
            return false;
        }
    }
    return true;
}

Result<std::vector<Case>> select(const std::vector<std::string>& patterns)
{
    std::vector<Case> cases = all_cases();
    if (patterns.empty()) {
        return cases;
    }
    std::vector<bool> used(patterns.size());
    std::vector<Case> selected;
    for (const Case& one : cases) {
        bool wanted = false;
        for (size_t i = 0; i < patterns.size(); ++i) {
            if (matches(patterns[i], one.id())) {
                wanted = used[i] = true;
            }
        }
        if (wanted) {
            selected.push_back(one);
        }
    }
    for (size_t i = 0; i < patterns.size(); ++i) {
        if (!used[i]) {
            return no_match(patterns[i], cases);
        }
    }
    return selected;
}

}  // namespace rogate::matrix
