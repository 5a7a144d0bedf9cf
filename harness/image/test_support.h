// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of this module share: a throwaway folder, a plain way to run programs, files made of bytes.
#pragma once

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <memory>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "image/tools.h"

extern char** environ;

namespace rogate::image::test {

/// A throwaway folder, gone with the test. Its name holds what spoils careless quoting.
class ImageTest : public ::testing::Test {
protected:
    ImageTest() : dir_(TempDir::make(::testing::TempDir(), "rogate image, ").value()) {}
    [[nodiscard]] std::filesystem::path at(const std::string& name) const { return dir_.path() / name; }

private:
    TempDir dir_;
};

/// Runs a program with both streams caught in unlinked temporary files.
inline Result<ProgramOutput> spawn(const std::vector<std::string>& argv)
{
    std::unique_ptr<FILE, int (*)(FILE*)> out(std::tmpfile(), std::fclose);
    std::unique_ptr<FILE, int (*)(FILE*)> err(std::tmpfile(), std::fclose);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, ::fileno(out.get()), 1);
    ::posix_spawn_file_actions_adddup2(&actions, ::fileno(err.get()), 2);
    std::vector<char*> words;
    for (const std::string& word : argv) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    pid_t pid = 0;
    const int failure = ::posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) {
        return errno_error("run", argv[0], failure);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    const auto text_of = [](FILE* file) {
        std::string text;
        std::rewind(file);
        char buffer[65536];
        for (size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
            text.append(buffer, n);
        }
        return text;
    };
    return ProgramOutput{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(out.get()),
                         text_of(err.get())};
}

/// A runner for what must not start any program.
inline Result<ProgramOutput> no_programs(const std::vector<std::string>& argv)
{
    ADD_FAILURE() << "a program was started: " << argv[0];
    return Error{ErrorKind::environment, "no programs here"};
}

/// The standard output of a program that must end with 0.
inline std::string output_of(const std::vector<std::string>& argv)
{
    auto output = spawn(argv);
    EXPECT_TRUE(output.has_value() && output->exit_status == 0)
        << argv[0] << ": " << (output ? output->err : output.error().text);
    return output ? output->out : std::string();
}

inline void put_file(const std::filesystem::path& path, const std::string& bytes)
{
    ASSERT_TRUE(write_file(path, bytes).has_value()) << path;
}

inline std::string get_file(const std::filesystem::path& path)
{
    auto text = read_file(path);
    EXPECT_TRUE(text.has_value()) << path;
    return text ? *text : std::string();
}

/// Overwrites bytes of an existing file in place.
inline void poke(const std::filesystem::path& path, uint64_t offset, const std::string& bytes)
{
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes.size()))
        << path;
}

/// Makes an empty file, or lengthens an existing one by a hole.
inline void resize(const std::filesystem::path& path, uint64_t size_bytes)
{
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size_bytes)), 0) << path;
}

}  // namespace rogate::image::test
