// SPDX-License-Identifier: GPL-2.0-or-later
// How many damaged mails of the in-tree series each tool takes and makes the right tree of: git am, patch, and rogate
// with and without the base. For rogate "right" means the diff byte for byte. `import_bench [--tabbed]`: with sources
// that have tabs and blanks at line ends.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "process/group.h"
#include "series/apply.h"
#include "series/mangle.h"
#include "series/repair.h"

using namespace rogate;
using namespace rogate::series;

namespace {

namespace fs = std::filesystem;

/// Output of a shell script in `folder`; ends the program when it cannot be run.
std::string shell(const fs::path& folder, const std::string& script)
{
    auto outcome = process::run({.argv = {"sh", "-c", script},
                                 .env = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
                                         {"GIT_CONFIG_NOSYSTEM", "1"},
                                         {"GIT_AUTHOR_NAME", "t"},
                                         {"GIT_AUTHOR_EMAIL", "t@example.org"},
                                         {"GIT_COMMITTER_NAME", "t"},
                                         {"GIT_COMMITTER_EMAIL", "t@example.org"}},
                                 .folder = folder});
    if (!outcome || !outcome->ok()) {
        std::fprintf(stderr, "error: %s\n", outcome ? outcome->err.c_str() : outcome.error().text.c_str());
        std::exit(5);
    }
    return outcome->out;
}

void write_tree(const fs::path& root, const git::Tree& tree)
{
    for (const auto& [path, entry] : tree) {
        fs::create_directories((root / path).parent_path());
        (void)write_file(root / path, *entry.content);
    }
}

/// The corpus, the tree before each mail (tagged s0, s1, ... in a repository), and the counts.
class Bench {
public:
    explicit Bench(Corpus corpus) : corpus_(std::move(corpus))
    {
        git::Tree state = corpus_.base;
        shell(folder_.path(), "git init -q -b main repo");
        for (size_t i = 0;; ++i) {
            write_tree(folder_.path() / "repo", state);
            shell(folder_.path() / "repo", "git add -A; git commit -q --allow-empty -m s; git tag s" + std::to_string(i));
            states_.push_back(state);
            if (i == corpus_.mails.size()) {
                break;
            }
            const auto patch = parse_patch("p", std::make_shared<const std::string>(corpus_.mails[i]), 1, "p");
            state = std::get<AppliedPatch>(apply_patch(state, *patch)).tree;
        }
    }

    [[nodiscard]] size_t size() const { return corpus_.mails.size(); }

    /// Mails of which `command`, fed $FILE, makes the right tree.
    size_t others(const Mangler& mangler, const std::string& command)
    {
        size_t right = 0;
        for (size_t i = 0; i < corpus_.mails.size(); ++i) {
            const std::string& mail = corpus_.mails[i];
            const size_t body = mail.find("\n\n") + 2;
            const std::string type = mangler.flowed ? "Content-Type: text/plain; format=flowed\n" : "";
            (void)write_file(folder_.path() / "mail", mail.substr(0, body - 1) + type + "\n" + mangler.spoil(mail.substr(body)));
            const std::string n = std::to_string(i);
            right += shell(folder_.path() / "repo",
                           "git checkout -q -f --detach s" + n + " && git clean -q -f -d; " + command +
                               " <../mail >/dev/null 2>&1; git am --abort >/dev/null 2>&1; find . -name '*.rej' -delete; git add -A; "
                               "[ $(git write-tree) = $(git rev-parse s" +
                               std::to_string(i + 1) + "^{tree}) ] && echo right; true") == "right\n"
                         ? 1
                         : 0;
        }
        return right;
    }

    size_t rogate(const Mangler& mangler, bool with_base)
    {
        size_t right = 0;
        for (size_t i = 0; i < corpus_.mails.size(); ++i) {
            const std::string sent = diff_of(corpus_.mails[i]);
            const auto mended = mend_diff(raw_lines(mangler.spoil(sent)),
                                          {.base = with_base ? &states_[i] : nullptr, .flowed = mangler.flowed});
            right += mended && mended->diff == sent ? 1 : 0;
        }
        return right;
    }

private:
    Corpus corpus_;
    TempDir folder_ = *TempDir::make("/tmp", "rogate-bench-");
    std::vector<git::Tree> states_;
};

}  // namespace

int main(int argc, char** argv)
{
    Corpus corpus = read_corpus(ROGATE_SOURCE "/overlay", ROGATE_SOURCE "/patches/drv_read_only");
    if (argc > 1 && std::strcmp(argv[1], "--tabbed") == 0) {
        corpus = tabbed(corpus);
    }
    Bench bench(std::move(corpus));
    std::printf("of %zu mails, right:%34s %6s %13s %7s\n", bench.size(), "git am", "patch", "rogate --base", "rogate");
    for (const Mangler& mangler : manglers()) {
        // git am leaves its commit; the tree is what counts, so it is put back into the work tree either way.
        const size_t am = bench.others(mangler, "git am -q");
        const size_t patch = bench.others(mangler, "patch -p1 -s -f --no-backup-if-mismatch");
        std::printf("%-47s %7zu %6zu %13zu %7zu\n", mangler.name.c_str(), am, patch, bench.rogate(mangler, true),
                    bench.rogate(mangler, false));
        std::fflush(stdout);
    }
    return 0;
}
