// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/ask.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/program.h"
#include "process/group.h"

namespace rogate::subject {
namespace {

constexpr const char* kAnswers = "capabilities";
constexpr std::string_view kFact = "rogate_";
constexpr std::string_view kKnowsRo = "knows_ro";
constexpr std::string_view kKnowsUsbRo = "knows_usb_ro";

/// What a build has a word for.
struct Words {
    bool drive_ro = false;
    bool usb_ro = false;
};

Result<process::Outcome> run_nbdkit(const std::filesystem::path& folder, std::vector<std::string> words)
{
    auto nbdkit = find_program("nbdkit");
    if (!nbdkit) {
        return nbdkit.error();
    }
    words.insert(words.begin(), nbdkit->string());
    return process::run({.argv = std::move(words), .env = {}, .folder = folder, .deadline = std::chrono::seconds(20)});
}

/// True when the built device model takes `option` with `value`; its complaint goes into `complaint`.
Result<bool> takes(const std::filesystem::path& folder, const std::string& option, const std::string& value, std::string& complaint)
{
    auto outcome = run_nbdkit(folder, {"--exit-with-parent", "--foreground", "-U", "-", (folder / "bridge.so").string(),
                                       "arg=" + option, "arg=" + value, "--run", "exit 0"});
    if (!outcome) {
        return outcome.error();
    }
    complaint = outcome->err.empty() ? process::describe(*outcome) : outcome->err;
    return outcome->ok();
}

/// The rogate_... lines of `nbdkit --dump-plugin`.
Result<std::string> dump(const std::filesystem::path& folder)
{
    auto outcome = run_nbdkit(folder, {"--dump-plugin", (folder / "bridge.so").string()});
    if (!outcome) {
        return outcome.error();
    }
    if (!outcome->ok()) {
        return Error{ErrorKind::build, fmt::format("nbdkit cannot load the built bridge: {}", outcome->err)};
    }
    std::string facts;
    for (size_t at = 0; at < outcome->out.size();) {
        const size_t end = std::min(outcome->out.find('\n', at), outcome->out.size());
        const std::string_view line = std::string_view(outcome->out).substr(at, end - at);
        if (line.starts_with(kFact)) {
            facts.append(line.substr(kFact.size())) += '\n';
        }
        at = end + 1;
    }
    return facts;
}

/// Which words for read-only the command line of a tree with a raw format has: found by using them.
Result<Words> try_raw(const std::filesystem::path& folder)
{
    const std::filesystem::path disk = folder / "try.raw";
    if (auto made = write_file(disk, std::string(4096, '\0')); !made) {
        return made.error();
    }
    const std::string drive = "file=try.raw,if=ide,index=0,media=disk,format=raw";
    std::string complaint;
    auto plain = takes(folder, "-drive", drive, complaint);
    if (!plain) {
        return plain.error();
    }
    if (!*plain) {
        return Error{ErrorKind::build,
                     fmt::format("the built device model does not serve a plain raw disk: {}", complaint)};
    }
    auto drive_ro = takes(folder, "-drive", drive + ",ro", complaint);
    auto usb_ro = takes(folder, "-usbdevice", "disk:ro:format=raw:try.raw", complaint);
    std::error_code ignored;
    std::filesystem::remove(disk, ignored);
    if (!drive_ro || !usb_ro) {
        return drive_ro ? usb_ro.error() : drive_ro.error();
    }
    return Words{*drive_ro, *usb_ro};
}

}  // namespace

Result<void> ask(const std::filesystem::path& folder, const Profile& profile)
{
    auto facts = dump(folder);
    if (!facts) {
        return facts.error();
    }
    const bool has_raw = profile.limits.formats.empty() || profile.limits.formats.contains("raw");
    Result<Words> words = Words{!has_raw && facts->find("read_only=none") == std::string::npos, false};
    if (has_raw) {
        words = try_raw(folder);
    }
    if (!words) {
        return words.error();
    }
    return write_file(folder / kAnswers, fmt::format("{}={}\n{}={}\n{}", kKnowsRo, words->drive_ro ? 1 : 0, kKnowsUsbRo,
                                                     words->usb_ro ? 1 : 0, *facts));
}

Result<void> read_answers(Subject& subject)
{
    auto text = read_file(subject.folder / kAnswers);
    if (!text) {
        return text.error();
    }
    subject.facts.clear();
    for (size_t at = 0; at < text->size();) {
        const size_t end = std::min(text->find('\n', at), text->size());
        const std::string line = text->substr(at, end - at);
        const size_t equals = line.find('=');
        if (equals != std::string::npos) {
            subject.facts[line.substr(0, equals)] = line.substr(equals + 1);
        }
        at = end + 1;
    }
    subject.knows_ro = subject.facts[std::string(kKnowsRo)] == "1";
    subject.facts.erase(std::string(kKnowsRo));
    subject.knows_usb_ro = subject.facts[std::string(kKnowsUsbRo)] == "1";
    subject.facts.erase(std::string(kKnowsUsbRo));
    return {};
}

}  // namespace rogate::subject
