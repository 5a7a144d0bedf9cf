// SPDX-License-Identifier: GPL-2.0-or-later
// The monitor's client against a peer that says what it should not.
#include "lab/qmp.h"

#include <fcntl.h>
#include <cstring>
#include <gtest/gtest.h>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace rogate;
using namespace rogate::lab;
using namespace std::chrono_literals;

namespace {

constexpr const char* kGreeting = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";

/// The other end, with all that it will ever say already sent. Requests stay unread.
struct Peer {
    explicit Peer(const std::string& words)
    {
        auto made = make_socket_pair();
        EXPECT_TRUE(made);
        theirs = std::move(made->theirs);
        qmp.emplace(std::move(made->ours));
        EXPECT_EQ(::write(theirs.get(), words.data(), words.size()), static_cast<ssize_t>(words.size()));
    }
    [[nodiscard]] std::string heard() const
    {
        char text[4096];
        const ssize_t n = ::recv(theirs.get(), text, sizeof text, MSG_DONTWAIT);
        return {text, n > 0 ? static_cast<size_t>(n) : 0};
    }
    Fd theirs;
    std::optional<Qmp> qmp;
};

auto soon() { return process::Clock::now() + 10s; }

}  // namespace

TEST(Qmp, GreetsAndCommandsWithANumberEach)
{
    Peer peer(std::string(kGreeting) + "{\"return\": {}, \"id\": \"c1\"}\n{\"return\": {\"status\": \"running\"}, \"id\": \"c2\"}\n");
    ASSERT_TRUE(peer.qmp->greet(soon()));
    auto answer = peer.qmp->command("query-status", R"({"a": 1})", soon());
    ASSERT_TRUE(answer) << answer.error().text;
    EXPECT_EQ(Qmp::field(*answer, "status"), "running");
    EXPECT_EQ(Qmp::field(*answer, "absent"), "");
    EXPECT_EQ(peer.heard(), "{\"execute\": \"qmp_capabilities\", \"arguments\": {}, \"id\": \"c1\"}\n"
                            "{\"execute\": \"query-status\", \"arguments\": {\"a\": 1}, \"id\": \"c2\"}\n");
}

TEST(Qmp, KeepsEventsThatComeBeforeAnAnswer)
{
    Peer peer("{\"event\": \"STOP\"}\n{\"event\": \"RESUME\"}\n{\"return\": {}, \"id\": \"c1\"}\n{\"event\": \"RESET\"}\n");
    ASSERT_TRUE(peer.qmp->command("cont", "{}", soon()));
    EXPECT_TRUE(peer.qmp->wait_event("RESUME", soon()));
    EXPECT_TRUE(peer.qmp->wait_event("RESET", soon()));
    auto late = peer.qmp->wait_event("STOP", process::Clock::now() + 50ms);  // was before RESUME: forgotten
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::timeout);
}

TEST(Qmp, TellsARefusalInQemusWords)
{
    Peer peer("{\"id\": \"c1\", \"error\": {\"class\": \"GenericError\", \"desc\": \"Device 'x' not found\"}}\n");
    auto answer = peer.qmp->command("device_del", "{}", soon());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::environment);
    EXPECT_EQ(answer.error().text, "QEMU refuses the command 'device_del': Device 'x' not found");
}

TEST(Qmp, WhatIsNoProtocolIsCorrupt)
{
    for (const std::string& words : {std::string("hello\n"), std::string("[1, 2]\n"), std::string("{\"return\": {}, \"id\": \"c9\"}\n"),
                                     std::string("{\"id\": \"c1\"}\n"), std::string("\n"), std::string("{\"QMP\": \xff}\n")}) {
        Peer peer(words);
        auto answer = peer.qmp->command("cont", "{}", soon());
        ASSERT_FALSE(answer) << words;
        EXPECT_EQ(answer.error().kind, ErrorKind::corrupt) << words;
    }
    Peer peer("{\"return\": {}}\n");
    auto greeted = peer.qmp->greet(soon());
    ASSERT_FALSE(greeted);
    EXPECT_EQ(greeted.error().kind, ErrorKind::corrupt);
}

TEST(Qmp, APeerThatIsGoneIsTheEnvironments)
{
    Peer peer(kGreeting);
    peer.theirs.reset();
    auto greeted = peer.qmp->greet(soon());
    ASSERT_FALSE(greeted);
    EXPECT_EQ(greeted.error().kind, ErrorKind::environment);
    Peer half("{\"return\": ");
    half.theirs.reset();
    auto answer = half.qmp->command("cont", "{}", soon());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::environment);
}

TEST(Qmp, StringsAreQuoted) { EXPECT_EQ(json_string("a\"b\\\n\xff"), "\"a\\\"b\\\\\\n\xEF\xBF\xBD\""); }

TEST(LineSocket, ReadsLinesHoweverTheyArrive)
{
    auto pair = make_socket_pair();
    ASSERT_TRUE(pair);
    LineSocket lines(std::move(pair->ours), "the peer", 1000);
    std::jthread writer([fd = std::move(pair->theirs)] {
        for (const char c : std::string("one\r\ntwo\n\nlast\n")) {
            EXPECT_EQ(::write(fd.get(), &c, 1), 1);
        }
    });
    for (const char* expected : {"one", "two", "", "last"}) {
        auto line = lines.next_line(soon());
        ASSERT_TRUE(line) << line.error().text;
        EXPECT_EQ(*line, expected);
    }
    auto end = lines.next_line(soon());
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().text, "the peer is gone");
}

TEST(LineSocket, RefusesALineWithoutEnd)
{
    auto pair = make_socket_pair();
    ASSERT_TRUE(pair);
    LineSocket lines(std::move(pair->ours), "the peer", 1000);
    const std::string flood(40000, 'x');
    ASSERT_EQ(::write(pair->theirs.get(), flood.data(), flood.size()), static_cast<ssize_t>(flood.size()));
    auto line = lines.next_line(soon());
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().kind, ErrorKind::corrupt);
}

TEST(LineSocket, HandsADescriptorOver)
{
    auto pair = make_socket_pair();
    ASSERT_TRUE(pair);
    LineSocket lines(std::move(pair->ours), "the peer", 1000);
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd read_end(ends[0]);
    Fd write_end(ends[1]);
    ASSERT_TRUE(lines.send("here", soon(), write_end.get()));
    char text[8];
    iovec data{text, sizeof text};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ASSERT_EQ(::recvmsg(pair->theirs.get(), &message, 0), 4);
    ASSERT_NE(CMSG_FIRSTHDR(&message), nullptr);
    int received = -1;
    memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
    const Fd passed(received);
    write_end.reset();
    EXPECT_EQ(::write(passed.get(), "x", 1), 1);  // the pipe's write end, though ours is closed
    EXPECT_EQ(::read(read_end.get(), text, 1), 1);
}

TEST(LineSocket, GivesUpOnAPeerThatDoesNotRead)
{
    auto pair = make_socket_pair();
    ASSERT_TRUE(pair);
    LineSocket lines(std::move(pair->ours), "the peer", 1000);
    auto sent = lines.send(std::string(8 << 20, 'x'), process::Clock::now() + 100ms);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().kind, ErrorKind::timeout);
    EXPECT_EQ(sent.error().text, "the peer did not answer in time");
}
