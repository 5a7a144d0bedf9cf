// SPDX-License-Identifier: GPL-2.0-or-later
#include "process/group.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <mutex>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/program.h"

namespace rogate::process {
namespace {

namespace asio = boost::asio;

/// The child's environment: ours is not passed on, so that a run does not depend on who started it.
class Environment {
public:
    explicit Environment(const Spec& spec)
    {
        for (const char* name : {"PATH", "HOME", "USER"}) {
            if (const char* value = std::getenv(name)) {
                words_.push_back(std::string(name) + "=" + value);
            }
        }
        words_.emplace_back("LC_ALL=C");
        for (const auto& [name, value] : spec.env) {
            words_.push_back(name + "=" + value);
        }
        if (spec.listen_fd >= 0) {
            words_.emplace_back("LISTEN_FDS=1");
            words_.emplace_back("LISTEN_PID=0000000000000");  // the child writes its own number here
        }
        for (std::string& word : words_) {
            pointers_.push_back(word.data());
        }
        pointers_.push_back(nullptr);
        if (spec.listen_fd >= 0) {
            listen_pid_ = words_.back().data() + std::string_view("LISTEN_PID=").size();
        }
    }

    char** pointers() { return pointers_.data(); }

    /// Called between fork and exec: only stores, no allocation.
    void set_listen_pid(pid_t pid)
    {
        if (!listen_pid_) {
            return;
        }
        std::array<char, 16> digits{};
        size_t count = 0;
        for (; pid > 0; pid /= 10) {
            digits[count++] = static_cast<char>('0' + pid % 10);
        }
        for (size_t i = 0; i < count; ++i) {
            listen_pid_[i] = digits[count - 1 - i];
        }
        listen_pid_[count] = '\0';
    }

private:
    std::vector<std::string> words_;
    std::vector<char*> pointers_;
    char* listen_pid_ = nullptr;
};

/// What a child needs to become its program; all of it made before, since nothing may be allocated in the child.
struct ChildSetup {
    const char* program;
    char** arguments;
    const char* folder;
    Environment* environment;
    int stdin_fd;
    int stdout_fd;
    int stderr_fd;
    int listen_fd;
    const std::vector<Fd>* pass_fds;
    pid_t parent;
    volatile int error = 0;  ///< written by the child, whose memory this is too
};

[[noreturn]] void become(ChildSetup& setup)
{
    for (const int sig : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
        ::signal(sig, SIG_DFL);  // a handler of ours would run on the parent's memory
    }
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != setup.parent) {
        ::_exit(127);  // rogate died before the line above
    }
    ::dup2(setup.stdin_fd, 0);
    ::dup2(setup.stdout_fd, 1);
    ::dup2(setup.stderr_fd, 2);
    if (setup.listen_fd >= 0) {
        setup.environment->set_listen_pid(::getpid());
        ::dup2(setup.listen_fd, 3);
    }
    int number = 3;
    for (const Fd& fd : *setup.pass_fds) {
        ::dup2(fd.get(), number++);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::chdir(setup.folder) == 0) {
        ::execve(setup.program, setup.arguments, setup.environment->pointers());
    }
    setup.error = errno;
    ::_exit(127);
}

/// Starts the child and returns when it has become its program, or has failed to: then setup.error says why.
/// vfork(2), because a fork copies page tables, and each page that any thread writes to afterwards costs a fault and an
/// interrupt to the other CPUs; posix_spawn(3) cannot tie the child's life to ours. -1 = no child, with errno.
__attribute__((noinline)) pid_t spawn(ChildSetup& setup)
{
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::vfork();
    if (pid == 0) {
        become(setup);
    }
    const int err = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = err;
    return pid;
}

/// A copy of `fd` numbered 10 or more, so that no dup2 in the child can overwrite it before it is used.
Fd high_copy(int fd)
{
    return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 10));
}

/// Held by whoever forks; shared by those who must not be copied meanwhile.
std::shared_mutex& start_mutex()
{
    static std::shared_mutex mutex;
    return mutex;
}

struct Stream {
    explicit Stream(asio::io_context& context) : descriptor(context) {}
    asio::posix::stream_descriptor descriptor;
    std::array<char, 65536> buffer{};
};

struct Running {
    explicit Running(asio::io_context& context) : exit_watch(context), out(context), err(context) {}
    Spec spec;
    Outcome outcome;
    pid_t pid = -1;
    bool ended = false;
    Clock::time_point started;
    asio::posix::stream_descriptor exit_watch;
    Stream out;
    Stream err;
};

Result<std::pair<Fd, Fd>> make_pipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) {
        return errno_error("make", "a pipe", errno);
    }
    // The write end moves up as well: the child's fd 3 may be the listening socket.
    Fd read_end(ends[0]);
    Fd write_end(ends[1]);
    Fd high = high_copy(write_end.get());
    return std::pair<Fd, Fd>(std::move(read_end), std::move(high));
}

}  // namespace

struct Group::State {
    asio::io_context context;
    std::vector<std::unique_ptr<Running>> all;

    /// Waits for data and only then reads: a read under way in the reactor could hold a piece that drain() would miss.
    void listen(Running& running, Stream& stream, std::string& text, bool is_stdout)
    {
        stream.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                     [this, &running, &stream, &text, is_stdout](boost::system::error_code ec) {
                                         if (!ec && read_piece(running, stream, text, is_stdout)) {
                                             listen(running, stream, text, is_stdout);
                                         }
                                     });
    }

    /// False at the end of the stream.
    static bool read_piece(Running& running, Stream& stream, std::string& text, bool is_stdout)
    {
        const ssize_t n = ::read(stream.descriptor.native_handle(), stream.buffer.data(), stream.buffer.size());
        if (n > 0) {
            take(running, text, std::string_view(stream.buffer.data(), static_cast<size_t>(n)), is_stdout);
        }
        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
    }

    static void take(Running& running, std::string& text, std::string_view piece, bool is_stdout)
    {
        const size_t room = running.spec.output_limit_bytes - std::min(text.size(), running.spec.output_limit_bytes);
        running.outcome.output_cut |= piece.size() > room;
        text.append(piece.substr(0, room));
        if (is_stdout && running.spec.on_stdout && !piece.empty()) {
            running.spec.on_stdout(piece);
        }
    }

    /// Reads what is left in the pipe after the program's end; a grandchild may still hold it, so it never waits.
    static void drain(Running& running, Stream& stream, std::string& text, bool is_stdout)
    {
        if (!stream.descriptor.is_open()) {
            return;
        }
        boost::system::error_code ec;
        stream.descriptor.cancel(ec);
        errno = 0;
        while (read_piece(running, stream, text, is_stdout) && errno != EAGAIN) {
            errno = 0;
        }
    }

    void watch_exit(Running& running)
    {
        running.exit_watch.async_wait(asio::posix::stream_descriptor::wait_read,
                                      [this, &running](boost::system::error_code ec) {
                                          if (!ec) {
                                              reap(running);
                                          }
                                      });
    }

    static void reap(Running& running)
    {
        if (running.ended) {
            return;
        }
        siginfo_t info{};
        while (::waitid(P_PID, static_cast<id_t>(running.pid), &info, WEXITED) < 0 && errno == EINTR) {
        }
        running.ended = true;
        running.outcome.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - running.started);
        if (info.si_code == CLD_EXITED) {
            running.outcome.exit_status = info.si_status;
        } else {
            running.outcome.signal = info.si_status;
        }
        drain(running, running.out, running.outcome.out, true);
        drain(running, running.err, running.outcome.err, false);
    }
};

Group::Group() : state_(std::make_unique<State>()) {}

Group::~Group()
{
    for (auto& running : state_->all) {
        if (!running->ended) {
            ::kill(-running->pid, SIGKILL);
            State::reap(*running);
        }
    }
    // Handlers that were cancelled refer to the programs' records: let them run before those go.
    for (auto& running : state_->all) {
        boost::system::error_code ec;
        running->exit_watch.close(ec);
        running->out.descriptor.close(ec);
        running->err.descriptor.close(ec);
    }
    state_->context.restart();
    state_->context.run();
}

Result<Group::Id> Group::start(Spec spec)
{
    auto program = find_program(spec.argv.at(0));
    if (!program) {
        return program.error();
    }
    auto out_pipe = make_pipe();
    auto err_pipe = make_pipe();
    if (!out_pipe || !err_pipe) {
        return out_pipe ? err_pipe.error() : out_pipe.error();
    }
    Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Fd high_null = high_copy(null.get());
    Fd high_listen = spec.listen_fd >= 0 ? high_copy(spec.listen_fd) : Fd();
    std::vector<Fd> high_passed;
    for (const int fd : spec.pass_fds) {
        high_passed.push_back(high_copy(fd));
    }

    auto running = std::make_unique<Running>(state_->context);
    running->spec = std::move(spec);
    running->started = Clock::now();
    Environment environment(running->spec);
    std::vector<char*> arguments;
    for (std::string& word : running->spec.argv) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    const std::string program_name = program->string();
    const std::string folder = running->spec.folder.empty() ? "." : running->spec.folder.string();
    ChildSetup setup{.program = program_name.c_str(),
                     .arguments = arguments.data(),
                     .folder = folder.c_str(),
                     .environment = &environment,
                     .stdin_fd = high_null.get(),
                     .stdout_fd = out_pipe->second.get(),
                     .stderr_fd = err_pipe->second.get(),
                     .listen_fd = high_listen.get(),
                     .pass_fds = &high_passed,
                     .parent = ::getpid()};
    std::unique_lock starting(start_mutex());
    running->pid = spawn(setup);
    starting.unlock();
    if (running->pid < 0) {
        return errno_error("start", running->spec.argv[0], errno);
    }
    if (setup.error != 0) {
        State::reap(*running);
        return errno_error("start", running->spec.argv[0], setup.error);
    }
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, running->pid, 0));
    if (pidfd < 0) {
        const int err = errno;
        ::kill(-running->pid, SIGKILL);
        State::reap(*running);
        return errno_error("watch", running->spec.argv[0], err);
    }
    running->exit_watch.assign(pidfd);
    running->out.descriptor.assign(out_pipe->first.release());
    running->err.descriptor.assign(err_pipe->first.release());
    running->out.descriptor.non_blocking(true);
    running->err.descriptor.non_blocking(true);
    state_->listen(*running, running->out, running->outcome.out, true);
    state_->listen(*running, running->err, running->outcome.err, false);
    state_->watch_exit(*running);
    state_->all.push_back(std::move(running));
    return state_->all.size() - 1;
}

bool Group::wait_any(const std::vector<Id>& ids, Clock::time_point until)
{
    const auto any_ended = [&] {
        for (Id id : ids) {
            if (state_->all.at(id)->ended) {
                return true;
            }
        }
        return false;
    };
    while (!any_ended()) {
        state_->context.restart();
        if (state_->context.run_one_until(until) == 0 && Clock::now() >= until) {
            return any_ended();
        }
    }
    return true;
}

void Group::stop(Id id, std::chrono::milliseconds grace)
{
    Running& running = *state_->all.at(id);
    if (running.ended) {
        return;
    }
    if (grace.count() > 0) {
        ::kill(running.pid, SIGTERM);
        if (wait_any({id}, Clock::now() + grace)) {
            return;
        }
    }
    ::kill(-running.pid, SIGKILL);
    State::reap(running);
}

bool Group::ended(Id id) const { return state_->all.at(id)->ended; }
int Group::pid(Id id) const { return state_->all.at(id)->pid; }
Outcome& Group::outcome(Id id) { return state_->all.at(id)->outcome; }

std::shared_lock<std::shared_mutex> hold_starts() { return std::shared_lock(start_mutex()); }

Result<Outcome> run(Spec spec)
{
    Group group;
    const auto deadline = Clock::now() + spec.deadline;
    auto id = group.start(std::move(spec));
    if (!id) {
        return id.error();
    }
    if (!group.wait_any({*id}, deadline)) {
        group.stop(*id, std::chrono::milliseconds(200));
        group.outcome(*id).timed_out = true;
    }
    return std::move(group.outcome(*id));
}

}  // namespace rogate::process
