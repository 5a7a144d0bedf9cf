// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/profile_doctor.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

#include "cli/setup.h"
#include "image/recipe.h"
#include "report/json.h"

namespace rogate::cli {
namespace {

/// Prints findings, or gathers them for one JSON document at the end.
class Findings {
public:
    explicit Findings(bool json) : json_(json) {}
    ~Findings()
    {
        if (json_) {
            fmt::print("{}\n", all_.dump(1));
        }
    }
    Findings(const Findings&) = delete;
    Findings& operator=(const Findings&) = delete;

    void add(const std::string& state, const std::string& name, const std::string& text)
    {
        missing_ |= state == "MISSING";
        if (json_) {
            all_.push_back({{"state", state}, {"name", name}, {"text", text}});
        } else {
            fmt::print("{:<8} {:<14} {}\n", state, name, text);
        }
    }
    [[nodiscard]] bool missing() const { return missing_; }

private:
    bool json_;
    bool missing_ = false;
    report::Json all_ = report::Json::array();
};

/// What an answer of the bridge's means; the answer itself where it speaks for itself.
std::string in_words(const std::string& fact, const std::string& answer)
{
    static const std::map<std::string, std::string> kWords{
        {"bdrv_new=plain", "takes a name"},
        {"bdrv_new=flag", "takes a name and a flag"},
        {"bdrv_new=error", "takes a name and where to put an error"},
        {"bdrv_open=snapshot", "bdrv_open with a snapshot argument; a driver cannot be named"},
        {"bdrv_open=flags", "bdrv_open with flags; a driver cannot be named"},
        {"bdrv_open=bdrv_open2 snapshot", "bdrv_open2 with a snapshot argument and a driver"},
        {"bdrv_open=bdrv_open2 flags", "bdrv_open2 with flags and a driver"},
        {"bdrv_open=flags driver", "bdrv_open with flags and a driver"},
        {"bdrv_open=options flags driver", "bdrv_open with options, flags and a driver"},
        {"bdrv_open=bdrv_file_open flags", "bdrv_file_open with flags: the file itself, no format"},
        {"read_only=argument", "told by bdrv_new's argument"},
        {"read_only=flag", "told by leaving out BDRV_O_RDWR"},
        {"read_only=field", "told by setting read_only of the drive"},
        {"snapshot=argument", "told by an argument of the open"},
        {"snapshot=flag", "told by BDRV_O_SNAPSHOT"},
        {"io=sync", "return when they are done"},
        {"io=callback", "answer by callback, which the bridge waits for"},
        {"driver=named", "can be named"},
        {"driver=probed", "is found by probing; the bridge checks that it is the one wanted where the tree tells"},
        {"disks=bridge", "opened by the bridge"},
        {"disks=main", "opened by the tree's main program"},
    };
    const auto words = kWords.find(fact + "=" + answer);
    return words == kWords.end() ? answer : words->second;
}

void tell_generation(const subject::Subject& base, Findings& findings)
{
    static const std::vector<std::pair<std::string, std::string>> kFacts{
        {"disks", "disks"},      {"bdrv_new", "bdrv_new"},   {"bdrv_open", "open"},   {"driver", "the driver"},
        {"io", "reads, writes"}, {"read_only", "read only"}, {"snapshot", "snapshot"}};
    for (const auto& [fact, name] : kFacts) {
        const auto answer = base.facts.find(fact);
        if (answer == base.facts.end()) {
            continue;
        }
        if (answer->second == "none") {
            findings.add("absent", name,
                         "this generation has no way to be told; such cases are skipped if no patch brings one");
        } else {
            findings.add("found", name, in_words(fact, answer->second));
        }
    }
}

/// Every format of the profile must be one that rogate makes images of and that the tree has.
void tell_formats(const subject::Profile& profile, const subject::Subject& base, Findings& findings)
{
    const auto listed = base.facts.find("formats");
    const std::string drivers = listed == base.facts.end() ? "" : listed->second;
    const auto known = image::format_names();
    for (const auto& [format, driver] : profile.limits.formats) {
        if (std::find(known.begin(), known.end(), format) == known.end()) {
            findings.add("MISSING", "format",
                         fmt::format("'{}' is none that rogate makes images of: {}", format, fmt::join(known, ", ")));
        } else if (("," + drivers + ",").find("," + driver + ",") == std::string::npos) {
            findings.add("MISSING", "format", fmt::format("the tree has no driver '{}'; it has: {}", driver, drivers));
        } else {
            findings.add("ok", "format",
                         format == driver ? format : fmt::format("{}, which the tree calls {}", format, driver));
        }
    }
}

void tell_files(const subject::Profile& profile, const subject::Source& source, Findings& findings)
{
    std::vector<std::string> names;
    size_t headers = 0;
    for (const auto& [path, entry] : source.files) {
        if (source.whole->contains(path)) {
            names.push_back(path);
            headers += path.ends_with(".h") ? 1 : 0;
        }
    }
    findings.add("ok", "tree", fmt::format("{}, commit {}", source.name, source.commit.substr(0, 12)));
    findings.add("ok", "files",
                 fmt::format("{} of {} in '{}' are read, {} of them headers", names.size(), source.whole->size(),
                             profile.folder.empty() ? "/" : profile.folder, headers));
}

/// Builds `state` of the series and says so.
Result<subject::Subject> build(const Global& global, const subject::Source& source, const series::Series& series,
                               size_t state, Findings& findings)
{
    auto subjects =
        subject::prepare(source, series, {state}, global.cache, [](const std::string&, const std::string&) {});
    if (!subjects) {
        findings.add("MISSING", "build",
                     fmt::format("{} does not build", state == 0 ? "the unpatched tree" : "the tip"));
        return subjects.error();
    }
    findings.add("ok", "build", fmt::format("{} builds", state == 0 ? "the unpatched tree" : "the tip"));
    return std::move(subjects->front());
}

Result<void> check_series(const Global& global, const Tree& tree, Findings& findings)
{
    auto setup = load_series_setup(global, tree.series(kDefaultSeries));
    if (!setup) {
        return setup.error();
    }
    findings.add("ok", "series", fmt::format("'{}', {} patches", setup->series.name, setup->series.patches.size()));
    auto source = read_source(global, tree, setup->series);
    if (!source) {
        return source.error();
    }
    auto tip = build(global, *source, setup->series, setup->series.patches.size(), findings);
    if (!tip) {
        return tip.error();
    }
    const std::string way = tip->facts["read_only"];
    findings.add("found", "read only",
                 "at the tip: " + (way == "none" ? "no way to be told" : in_words("read_only", way)));
    return {};
}

}  // namespace

Result<ExitCode> check_profile(const Global& global, const TreeOptions& options, bool json)
{
    auto tree = load_tree(options);
    if (!tree) {
        return tree.error();
    }
    Findings findings(json);
    findings.add("ok", "profile", options.profile);
    const series::Series none;
    auto source = read_source(global, *tree, none);
    if (!source) {
        return source.error();
    }
    tell_files(*tree->profile, *source, findings);
    auto base = build(global, *source, none, 0, findings);
    if (!base) {
        return base.error();
    }
    tell_generation(*base, findings);
    tell_formats(*tree->profile, *base, findings);
    if (tree->profile->series.empty()) {
        findings.add("absent", "series", "the profile names none; give one with --series");
    } else if (auto checked = check_series(global, *tree, findings); !checked) {
        return checked.error();
    }
    return findings.missing() ? ExitCode::usage : ExitCode::as_expected;
}

}  // namespace rogate::cli
