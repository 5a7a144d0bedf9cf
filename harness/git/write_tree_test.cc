// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>

#include "git/test_repository.h"
#include "git/tree.h"

using namespace rogate;
using namespace rogate::git;

// Oracle: git write-tree and git ls-tree, on random trees whose names sort differently as files and as folders.
TEST(TreeId, IsWhatGitWriteTreePrints)
{
    std::mt19937 random(7);
    const auto pick = [&](size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random); };
    const std::string kNames[] = {"a", "a-b", "a.c", "a0", "A", "b", "\303\266", "a b", "z"};
    for (int round = 0; round < 12; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        TestRepository repository;
        Tree files;
        for (size_t count = 1 + pick(30); count > 0; --count) {
            std::string path = kNames[pick(std::size(kNames))];
            for (size_t depth = pick(4); depth > 0; --depth) {
                path += "/" + kNames[pick(std::size(kNames))];
            }
            // A path below a file, or a file where a folder is, is left out.
            bool clash = files.contains(path) || !paths_below(files, path).empty();
            for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
                clash = clash || files.contains(path.substr(0, slash));
            }
            if (clash) {
                continue;
            }
            const bool executable = pick(4) == 0;
            files[path] = {
                executable ? kModeExecutable : kModeFile,
                std::make_shared<const std::string>(std::string(pick(5000), static_cast<char>('a' + pick(26)))),
                {}};
            repository.put(path, *files[path].content);
            if (executable) {
                std::filesystem::permissions(repository.path() / path, std::filesystem::perms::owner_all);
            }
        }
        files["link"] = {kModeLink, std::make_shared<const std::string>("a/b"), {}};
        std::filesystem::create_symlink("a/b", repository.path() / "link");
        repository.git({"add", "-A"});
        const auto id = tree_id(files);
        ASSERT_TRUE(id) << id.error().text;
        EXPECT_EQ(id->hex(), repository.git({"write-tree"}));
    }
}
