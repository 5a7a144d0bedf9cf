// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/subject.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "series/apply.h"
#include "subject/ask.h"
#include "subject/build.h"
#include "subject/explain.h"
#include "subject/profile.h"

namespace rogate::subject {
namespace {

constexpr const char* kUnfinishedPrefix = "building-";

/// Makes the subjects of one series from one source.
class Maker {
public:
    Maker(const Source& source, const series::Series& series, const std::filesystem::path& cache,
          const BuildNotice& notice)
        : source_(source), series_(series), cache_(cache), subjects_(cache / "subjects"), notice_(notice)
    {
    }

    Result<std::vector<Subject>> make(const std::vector<size_t>& states)
    {
        if (auto applied = apply(); !applied) {
            return applied.error();
        }
        auto toolchain = toolchain_key();
        if (!toolchain) {
            return toolchain.error();
        }
        toolchain_ = *toolchain;
        std::error_code ec;
        std::filesystem::create_directories(subjects_, ec);
        if (ec) {
            return errno_error("make the folder", subjects_.string(), ec.value());
        }
        std::vector<Subject> ready;
        for (const size_t patches : states) {
            auto subject = make_one(patches);
            if (!subject) {
                const bool before_is_fine = !ready.empty() && ready.back().patches + 1 == patches;
                return explain(subject.error(), patches, before_is_fine ? patches : 0);
            }
            ready.push_back(std::move(*subject));
        }
        return ready;
    }

private:
    Result<void> apply()
    {
        git::Tree base = source_.files;
        git::Tree touched;
        for (const std::string& path : series::touched_paths(series_)) {
            if (const auto file = base.find(path); file != base.end()) {
                touched.insert(*file);
            }
        }
        if (auto loaded = source_.load(touched); !loaded) {
            return loaded;
        }
        for (auto& [path, entry] : touched) {
            base[path] = entry;
        }
        auto applied = series::apply_series(base, series_);
        if (!applied) {
            return applied.error();
        }
        states_ = std::move(applied->states);
        return {};
    }

    Result<Subject> make_one(size_t patches)
    {
        git::Tree& files = states_[patches];
        auto id = git::tree_id(files);
        if (!id) {
            return id.error();
        }
        Subject subject;
        subject.patches = patches;
        subject.name = state_name(patches, series_.patches.size());
        subject.tree_id = id->hex();
        subject.folder = subjects_ / (subject.tree_id + "-" + toolchain_);
        if (read_answers(subject)) {
            return subject;
        }
        remove_unfinished(subjects_, kUnfinishedPrefix);
        notice_(subject.name, subject.tree_id);
        if (auto built = build(files, subject.folder); !built) {
            return built.error();
        }
        auto read = read_answers(subject);
        return read ? Result<Subject>(std::move(subject)) : Result<Subject>(read.error());
    }

    Result<void> build(git::Tree& files, const std::filesystem::path& final_folder)
    {
        if (auto loaded = source_.load(files); !loaded) {
            return loaded;
        }
        auto profile = profile_of(files);
        if (!profile) {
            return profile.error();
        }
        auto temporary = TempDir::make(subjects_, kUnfinishedPrefix);
        if (!temporary) {
            return temporary.error();
        }
        auto outcome = build_in(temporary->path(), cache_, *profile, files);
        if (!outcome) {
            return outcome.error();
        }
        if (outcome->failure) {
            return explain_failure(*outcome->failure, source_);
        }
        if (auto asked = ask(temporary->path(), *profile); !asked) {
            return asked;
        }
        // mkdtemp makes it private; another process that has built the same meanwhile has won.
        ::chmod(temporary->path().c_str(), 0755);
        if (::rename(temporary->path().c_str(), final_folder.c_str()) == 0) {
            temporary->release();
        } else if (errno != EEXIST && errno != ENOTEMPTY) {
            return errno_error("keep the built subject", final_folder.string(), errno);
        }
        return {};
    }

    [[nodiscard]] Result<Profile> profile_of(const git::Tree& files) const
    {
        const auto entry = files.find(source_.profile_file);
        if (entry == files.end()) {
            return Error{ErrorKind::usage, fmt::format("the tree has no '{}'", source_.profile_file)};
        }
        return parse_profile(*entry->second.content, source_.profile_file);
    }

    /// The first of the patches 1..`patches` after which the tree does not build though it did before; 0 when the
    /// unpatched tree does not build either. After `patches` of them it does not.
    size_t culprit(size_t patches)
    {
        if (!make_one(0)) {
            return 0;
        }
        size_t good = 0;
        size_t bad = patches;
        while (bad - good > 1) {
            const size_t middle = (good + bad) / 2;
            (make_one(middle) ? good : bad) = middle;
        }
        return bad;
    }

    /// Says which patch brought a failed build; `brought` is that patch if it is known, else 0.
    Error explain(Error error, size_t patches, size_t brought)
    {
        const auto file = [&](size_t n) { return fmt::format("'{}'", series_.patches[n - 1].file_name); };
        if (error.kind != ErrorKind::build) {
            return error.while_doing("cannot make the subject " +
                                     (patches == 0 ? std::string("of the unpatched tree") : "after " + file(patches)));
        }
        error.text = fmt::format(
            "cannot build {}: {}",
            patches == 0 ? "the unpatched tree" : fmt::format("{} with {} patches", series_.name, patches), error.text);
        if (patches == 0) {
            return error;
        }
        brought = brought != 0 ? brought : culprit(patches);
        const std::string who = brought == 0 ? "the unpatched tree does not build either"
                                             : file(brought) + " brought it: the tree before that patch builds";
        error.hint = error.hint.empty() ? who : who + "; " + error.hint;
        return error;
    }

    const Source& source_;
    const series::Series& series_;
    const std::filesystem::path& cache_;
    std::filesystem::path subjects_;
    const BuildNotice& notice_;
    std::string toolchain_;
    std::vector<git::Tree> states_;
};

}  // namespace

std::string Subject::cannot_express(bool read_only, const std::string& shape) const
{
    const auto is_none = [&](const char* fact) {
        const auto found = facts.find(fact);
        return found != facts.end() && found->second == "none";
    };
    if (shape == "snapshot" && is_none("snapshot")) {
        return "this block layer has no word for a snapshot";
    }
    if (read_only && is_none("read_only")) {
        return "this block layer has no way to be told that a disk is read only";
    }
    return {};
}

std::string state_name(size_t patches, size_t total)
{
    return patches == 0 ? "base" : patches == total ? "tip" : std::to_string(patches);
}

Result<std::vector<size_t>> parse_at(const std::string& words, size_t patches)
{
    std::vector<size_t> states;
    size_t at = 0;
    while (at <= words.size()) {
        const size_t comma = std::min(words.find(',', at), words.size());
        const std::string word = words.substr(at, comma - at);
        at = comma + 1;
        size_t number = 0;
        const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), number);
        if (word == "base") {
            states.push_back(0);
        } else if (word == "tip") {
            states.push_back(patches);
        } else if (word == "all") {
            for (size_t i = 0; i <= patches; ++i) {
                states.push_back(i);
            }
        } else if (ec != std::errc() || end != word.data() + word.size()) {
            return Error{ErrorKind::usage, fmt::format("'--at {}' names no state of the series", word),
                         did_you_mean(word, {"base", "tip", "all"}) +
                             fmt::format("it takes base, tip, all or 0..{}", patches)};
        } else if (number > patches) {
            return Error{ErrorKind::usage,
                         fmt::format("'--at {}' is beyond the series, which has {} patches", word, patches)};
        } else {
            states.push_back(number);
        }
    }
    std::sort(states.begin(), states.end());
    states.erase(std::unique(states.begin(), states.end()), states.end());
    return states;
}

Result<std::vector<Subject>> prepare(const Source& source, const series::Series& series,
                                     const std::vector<size_t>& states, const std::filesystem::path& cache,
                                     const BuildNotice& notice)
{
    return Maker(source, series, cache, notice).make(states);
}

Result<std::vector<Subject>> prepare(const git::Tree& base, const series::Series& series,
                                     const std::vector<size_t>& states, const std::filesystem::path& cache,
                                     const BuildNotice& notice)
{
    Source source;
    source.name = "the tree";
    source.files = base;
    source.profile_file = kInTreeProfile;
    source.whole = std::make_shared<const git::Tree>(base);
    return prepare(source, series, states, cache, notice);
}

}  // namespace rogate::subject
