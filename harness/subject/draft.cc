// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/draft.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>

#include "subject/c_text.h"
#include "subject/profile.h"

namespace rogate::subject {
namespace {

/// Small files beside block.c that block layers have needed; what is missing the doctor finds.
const std::vector<std::string> kHelpers{"aes.c", "cutils.c", "osdep.c", "qemu-malloc.c"};

/// rogate's names of formats whose drivers some trees call otherwise.
const std::map<std::string, std::string> kOtherNames{{"vhd", "vpc"}};

std::string below(const std::string& folder, const std::string& name)
{
    return folder.empty() ? name : folder + "/" + name;
}

/// Whether `path` is a driver's source beside the block.c of `folder`: block-NAME.c or block/NAME.c.
bool is_driver(const std::string& folder, const std::string& path)
{
    return fits_glob(below(folder, "block-*.c"), path) || fits_glob(below(folder, "block/*.c"), path);
}

/// The tree as it is looked at.
class Look {
public:
    Look(const git::Repository& repository, git::Tree files) : repository_(repository), files_(std::move(files)) {}

    /// Of the folders with a block.c the one with most drivers. Errors: not_found.
    Result<void> find_folder(const std::string& revision)
    {
        size_t most = 0;
        bool any = false;
        for (const auto& [path, entry] : files_) {
            if (path != "block.c" && !path.ends_with("/block.c")) {
                continue;
            }
            const std::string folder =
                path == "block.c" ? "" : path.substr(0, path.size() - std::string("/block.c").size());
            const auto drivers = static_cast<size_t>(std::count_if(
                files_.begin(), files_.end(), [&](const auto& file) { return is_driver(folder, file.first); }));
            if (!any || drivers > most) {
                folder_ = folder;
                most = drivers;
            }
            any = true;
        }
        if (!any) {
            return Error{ErrorKind::not_found,
                         fmt::format("'{}' has no block.c: it does not look like a device model", revision),
                         "name another revision, or write the profile by hand: overlay/rogate.toml is the example"};
        }
        return {};
    }

    Result<void> read_drivers()
    {
        for (const auto& [path, entry] : files_) {
            if (is_driver(folder_, path) || path == below(folder_, "block.c")) {
                auto text = content(path);
                if (!text) {
                    return text.error();
                }
                for (std::string& name : format_names(*text)) {
                    formats_.push_back(std::move(name));
                }
                drivers_ += path != below(folder_, "block.c") ? 1 : 0;
                if (auto noted = note_headers(*text); !noted) {
                    return noted;
                }
            }
        }
        return {};
    }

    Result<void> read_headers()
    {
        for (const char* name : {"block.h", "include/block/block.h", "block/block.h", "vl.h"}) {
            if (!has(name)) {
                continue;
            }
            auto text = content(below(folder_, name));
            if (!text) {
                return text.error();
            }
            auto prototypes = api_prototypes(*text);
            if (!prototypes.empty()) {
                header_ = name;
                api_ = std::move(prototypes);
                flags_ = text->find("BDRV_O_RDWR") != std::string::npos;
                return note_headers(*text);
            }
        }
        return {};
    }

    [[nodiscard]] Draft write(const std::string& repository_word, const std::string& rev_word,
                              const std::vector<std::string>& known) const
    {
        Draft draft;
        draft.found = findings();
        std::string& text = draft.profile;
        text = "# SPDX-License-Identifier: GPL-2.0-or-later\n"
               "# How a tree is built into a subject, written by 'rogate init' after a look at it. Next: rogate doctor "
               "--profile THIS\n\n";
        text += fmt::format("[tree]\nrepository = {}\nrev = {}\n", quoted(repository_word), quoted(rev_word));
        text += fmt::format("folder = {}                 # everything below is relative to it\n", quoted(folder_));
        text += fmt::format("sources = {}\n", list(sources()));
        text +=
            "exclude = []                # sources that cannot be built here: host devices, network protocols\n"
            "# headers = [\"include/**/*.h\"]  # those beside sources and in include folders come by themselves\n\n";
        text += "[build]\nstandard = \"gnu89\"\n";
        text +=
            fmt::format("include = {}\n", list(has("include/block/block.h") ? std::vector<std::string>{".", "include"}
                                                                            : std::vector<std::string>{"."}));
        text += "defines = [\"_GNU_SOURCE\", \"_FILE_OFFSET_BITS=64\"]\n"
                "flags = [\"-O1\", \"-g\", \"-fPIC\", \"-w\"]\nlibraries = [\"z\", \"crypto\"]\n"
                "# prelude = \"prelude.h\"     # beside this file: typedefs and macros that the tree lacks on today's "
                "hosts\n";
        text += own_headers();
        text += "# [file.\"block-x.c\"]\n# flags = [\"-fno-strict-aliasing\"]\n\n";
        write_bridge(text);
        write_formats(text, known);
        text += "[cases]\nbuses = [\"ide\"]\nconfigurations = [\"drive\"]  # the bridge opens the disks: the tree's "
                "command line is not run\n\n"
                "# [series]\n# folder = \"patches\"      # beside this file: series, *.patch, expect.toml\n";
        return draft;
    }

private:
    [[nodiscard]] bool has(const std::string& name) const { return files_.contains(below(folder_, name)); }

    [[nodiscard]] Result<std::string> content(const std::string& path) const
    {
        git::Tree one{{path, files_.at(path)}};
        auto loaded = repository_.load_contents(one);
        return loaded ? Result<std::string>(*one.begin()->second.content) : Result<std::string>(loaded.error());
    }

    /// Follows quoted includes through the tree; those that no file answers are mostly what configure makes.
    Result<void> note_headers(const std::string& text)
    {
        for (const std::string& name : quoted_includes(text)) {
            if (!seen_.insert(name).second) {
                continue;
            }
            const auto header = std::find_if(files_.begin(), files_.end(), [&](const auto& file) {
                return file.first == name || file.first.ends_with("/" + name);
            });
            if (header == files_.end()) {
                not_there_.insert(name);
                continue;
            }
            auto below = content(header->first);
            if (!below) {
                return below.error();
            }
            if (auto noted = note_headers(*below); !noted) {
                return noted;
            }
        }
        return {};
    }

    [[nodiscard]] std::vector<std::string> sources() const
    {
        std::vector<std::string> globs{"block.c"};
        for (const char* glob : {"block-*.c", "block/*.c"}) {
            if (std::any_of(files_.begin(), files_.end(),
                            [&](const auto& file) { return fits_glob(below(folder_, glob), file.first); })) {
                globs.emplace_back(glob);
            }
        }
        std::copy_if(kHelpers.begin(), kHelpers.end(), std::back_inserter(globs),
                     [&](const std::string& name) { return has(name); });
        return globs;
    }

    [[nodiscard]] std::vector<std::string> findings() const
    {
        std::vector<std::string> lines{
            fmt::format("the block layer is in '{}', with {} drivers", below(folder_, "block.c"), drivers_),
            fmt::format("formats: {}",
                        formats_.empty() ? "none that was recognised" : fmt::format("{}", fmt::join(formats_, ", ")))};
        lines.push_back(header_.empty() ? "no header declares bdrv_open: name it in bridge.headers"
                                        : fmt::format("its API is declared in '{}'", below(folder_, header_)));
        lines.insert(lines.end(), api_.begin(), api_.end());
        if (!not_there_.empty()) {
            lines.push_back(fmt::format("included, but not in the tree: {}", fmt::join(not_there_, ", ")));
        }
        return lines;
    }

    [[nodiscard]] std::string own_headers() const
    {
        std::string text;
        if (!not_there_.empty()) {
            text = fmt::format("# Included, but not in the tree (configure makes such): {}. Write them beside this "
                               "file and name them:\n",
                               fmt::join(not_there_, ", "));
        }
        return text +
               fmt::format("# stubs = {}  # beside this file: headers, and sources that define what the tree's other "
                           "parts would\n",
                           list(not_there_.empty() ? std::vector<std::string>{"stubs.c"}
                                                   : std::vector<std::string>(not_there_.begin(), not_there_.end())));
    }

    void write_bridge(std::string& text) const
    {
        text += "[bridge]\n";
        for (const std::string& prototype : api_) {
            text += fmt::format("# {}\n", prototype);
        }
        text += flags_ ? "# BDRV_O_RDWR is there, so a disk is opened read only by leaving it out.\n" : "";
        text += "# read-only = \"auto\"       # or: argument (of bdrv_new), flag, field\n";
        text += header_.empty() || header_ == "vl.h" || header_ == "block.h" || header_ == "include/block/block.h"
                    ? "\n"
                    : fmt::format("headers = {}\n\n", list({header_}));
    }

    void write_formats(std::string& text, const std::vector<std::string>& known) const
    {
        text += "[formats]  # rogate's name of a format, whose images it makes = the tree's name of the driver\n";
        std::vector<std::string> others;
        for (const std::string& name : formats_) {
            const auto other = kOtherNames.find(name);
            const std::string& ours = other == kOtherNames.end() ? name : other->second;
            if (std::find(known.begin(), known.end(), ours) == known.end()) {
                others.push_back(name);
            } else {
                text += fmt::format("{} = {}\n", ours, quoted(name));
            }
        }
        if (!others.empty()) {
            text += fmt::format("# without images of rogate's: {}\n", fmt::join(others, ", "));
        }
        text += "\n";
    }

    /// A TOML string.
    static std::string quoted(const std::string& word)
    {
        std::string text = "\"";
        for (const char c : word) {
            text += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
        }
        return text + "\"";
    }

    static std::string list(const std::vector<std::string>& words)
    {
        std::vector<std::string> all;
        std::transform(words.begin(), words.end(), std::back_inserter(all), quoted);
        return fmt::format("[{}]", fmt::join(all, ", "));
    }

    const git::Repository& repository_;
    git::Tree files_;
    std::string folder_;
    size_t drivers_ = 0;
    std::vector<std::string> formats_;
    std::string header_;
    std::vector<std::string> api_;
    bool flags_ = false;
    std::set<std::string> seen_;  ///< quoted includes that were followed
    std::set<std::string> not_there_;
};

}  // namespace

Result<Draft> draft_profile(const git::Repository& repository, const std::string& revision,
                            const std::string& repository_word, const std::string& rev_word,
                            const std::vector<std::string>& formats)
{
    auto files = repository.list_files(revision);
    if (!files) {
        return files.error();
    }
    std::erase_if(*files, [](const auto& file) {
        return file.second.mode != git::kModeFile && file.second.mode != git::kModeExecutable;
    });
    Look look(repository, std::move(*files));
    if (auto found = look.find_folder(revision); !found) {
        return found.error();
    }
    if (auto read = look.read_drivers(); !read) {
        return read.error();
    }
    if (auto read = look.read_headers(); !read) {
        return read.error();
    }
    return look.write(repository_word, rev_word, formats);
}

}  // namespace rogate::subject
