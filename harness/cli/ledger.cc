// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/ledger.h"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>
#include <sstream>
#include <sys/stat.h>

#include "base/file.h"
#include "base/program.h"
#include "cli/tools.h"
#include "image/digest.h"
#include "image/sha256.h"
#include "lab/xenstore.h"

namespace rogate::cli {
namespace {

/// A file of the machine by what a change of it would change; one that is missing is a world of its own.
std::string machine_file(const std::filesystem::path& path)
{
    struct stat st {};
    if (::stat(path.c_str(), &st) != 0) {
        return fmt::format("{} -\n", path.string());
    }
    return fmt::format("{} {} {}.{} {}.{}\n", path.string(), st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_ctim.tv_sec,
                       st.st_ctim.tv_nsec);
}

/// The linker's digest of this program; empty when it has none. Source: elf(5), the note NT_GNU_BUILD_ID.
std::string build_id()
{
    std::string id;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* found) {
            for (int i = 0; i < info->dlpi_phnum; ++i) {
                const ElfW(Phdr)& part = info->dlpi_phdr[i];
                if (part.p_type != PT_NOTE) {
                    continue;
                }
                const auto* at = reinterpret_cast<const char*>(info->dlpi_addr + part.p_vaddr);
                for (const char* end = at + part.p_memsz; at + sizeof(ElfW(Nhdr)) <= end;) {
                    ElfW(Nhdr) note{};
                    std::memcpy(&note, at, sizeof note);
                    const char* name = at + sizeof note;
                    const char* body = name + (note.n_namesz + 3) / 4 * 4;
                    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0) {
                        static_cast<std::string*>(found)->assign(body, note.n_descsz);
                        return 1;
                    }
                    at = body + (note.n_descsz + 3) / 4 * 4;
                }
            }
            return 1;  // the first object is the program itself
        },
        &id);
    return id;
}

std::string name_of(const std::string& state, const std::string& case_id) { return state + " " + case_id; }

}  // namespace

Result<std::string> world_id(const Global& global, const lab::Tools& tools)
{
    std::string text = build_id();
    std::vector<std::filesystem::path> files{global.guest};
    if (text.empty()) {
        files.emplace_back("/proc/self/exe");
    }
    for (const std::filesystem::path& file : files) {
        auto digest = image::digest_file(file);
        if (!digest) {
            return digest.error();
        }
        text += image::to_hex(digest->evidence) + "\n";
    }
    const auto linux_guest = read_file(tools.linux_guest / "identity", 4096);
    text += linux_guest ? *linux_guest : "no Linux guest\n";
    for (const std::string& word : tools.guest_words) {
        text += fmt::format("{} {}\n", word.size(), word);
    }
    for (const std::string_view name : program_names()) {
        const auto path = find_program(name);
        text += path ? machine_file(*path) : fmt::format("{} -\n", name);
    }
    for (const std::string& file : needed_files()) {
        text += machine_file(file);
    }
    const auto xenstored = lab::find_xenstored();
    text += xenstored ? machine_file(*xenstored) : "no xenstored\n";
    image::Sha256Stream stream;
    stream.add(text.data(), text.size());
    auto digest = stream.finish();
    return digest ? Result<std::string>(image::to_hex(*digest)) : Result<std::string>(digest.error());
}

Ledger::Ledger(const Global& global, std::string stored_name, std::string world)
    : global_(global), stored_name_(std::move(stored_name)), world_(std::move(world)),
      file_(global.cache / "results" / (stored_name_ + ".ledger"))
{
    read();
}

std::string Ledger::key_of(const subject::Subject& subject) const
{
    return world_.substr(0, 32) + ":" + subject.folder.filename().string();
}

std::filesystem::path Ledger::evidence_of(const std::string& state, const std::string& case_id) const
{
    return evidence_file(global_, stored_name_, state, case_id);
}

/// A line is "STATE CASE KEY VERDICT BYTES HASH"; whatever is not, is left out: its case is run again.
void Ledger::read()
{
    auto text = read_file(file_);
    std::istringstream lines(text ? *text : std::string());
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string state;
        std::string case_id;
        std::string verdict;
        Entry entry;
        if (words >> state >> case_id >> entry.key >> verdict >> entry.evidence.bytes >> entry.evidence.hash) {
            if (const auto kind = matrix::verdict_kind(verdict)) {
                entry.verdict = *kind;
                entries_.insert_or_assign(name_of(state, case_id), std::move(entry));
            }
        }
    }
}

std::optional<matrix::VerdictKind> Ledger::find(const matrix::Case& one, const subject::Subject& subject) const
{
    const auto found = entries_.find(name_of(subject.name, one.id()));
    if (found == entries_.end() || found->second.key != key_of(subject)) {
        return std::nullopt;
    }
    std::error_code missing;
    const bool stored = std::filesystem::file_size(evidence_of(subject.name, one.id()), missing) == found->second.evidence.bytes;
    return stored && !missing ? std::optional(found->second.verdict) : std::nullopt;
}

std::optional<report::Results> Ledger::evidence(const matrix::Case& one, const subject::Subject& subject) const
{
    const auto found = entries_.find(name_of(subject.name, one.id()));
    const std::filesystem::path file = evidence_of(subject.name, one.id());
    const auto text = read_file(file);
    if (found == entries_.end() || !text || mark_of(*text) != found->second.evidence) {
        return std::nullopt;
    }
    auto stored = report::read_results(*text, file.string());
    return stored ? std::optional(*std::move(stored)) : std::nullopt;
}

Result<void> Ledger::update(const report::Results& results, const std::vector<EvidenceMark>& marks,
                            const std::vector<subject::Subject>& subjects)
{
    read();  // another rogate may have written it meanwhile
    bool changed = false;
    for (size_t i = 0; i < results.findings.size(); ++i) {
        const report::Finding& finding = results.findings[i];
        if (finding.skipped() || finding.unchanged) {
            continue;
        }
        const std::string id = finding.one.id();
        const auto subject = std::find_if(subjects.begin(), subjects.end(), [&](const auto& one) { return one.name == finding.at; });
        changed = true;
        if (finding.as_expected() && !finding.also && marks[i] != EvidenceMark{} && subject != subjects.end()) {
            entries_.insert_or_assign(name_of(finding.at, id), Entry{key_of(*subject), finding.outcome.verdict.kind, marks[i]});
        } else {
            entries_.erase(name_of(finding.at, id));
        }
    }
    if (!changed) {
        return {};
    }
    std::string text;
    for (const auto& [name, entry] : entries_) {
        text += fmt::format("{} {} {} {} {}\n", name, entry.key, matrix::to_string(entry.verdict), entry.evidence.bytes, entry.evidence.hash);
    }
    std::error_code ignored;
    std::filesystem::create_directories(file_.parent_path(), ignored);
    return write_file(file_, text);
}

}  // namespace rogate::cli
