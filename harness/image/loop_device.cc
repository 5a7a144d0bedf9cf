// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/loop_device.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>

namespace rogate::image {

namespace {

constexpr char kControl[] = "/dev/loop-control";
/// How often another program may take the device that was free a moment ago.
constexpr int kAttempts = 64;
/// udev looks at a device that appears and may have it open for a moment.
constexpr std::chrono::milliseconds kPatience(2000);

loop_config config_for(int file, const std::filesystem::path& name, bool read_only)
{
    loop_config config{};
    config.fd = static_cast<uint32_t>(file);
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (read_only ? LO_FLAGS_READ_ONLY : 0);
    const std::string text = name.string();
    std::copy_n(text.begin(), std::min<size_t>(text.size(), LO_NAME_SIZE - 1), config.info.lo_file_name);
    return config;
}

bool is_attached(int device)
{
    loop_info64 info{};
    return ::ioctl(device, LOOP_GET_STATUS64, &info) == 0;
}

}  // namespace

Result<LoopDevice> LoopDevice::attach(const std::filesystem::path& file, bool read_only)
{
    const int mode = read_only ? O_RDONLY : O_RDWR;
    const Fd backing(::open(file.c_str(), mode | O_CLOEXEC));
    if (!backing) {
        return errno_error("open", file.string(), errno);
    }
    const Fd control(::open(kControl, O_RDWR | O_CLOEXEC));
    if (!control) {
        return Error{ErrorKind::environment, "cannot attach a loop device: " + no_loop_devices(),
                     "run as root on a kernel with loop devices"};
    }
    const loop_config config = config_for(backing.get(), file, read_only);
    int failure = EBUSY;
    std::string path = kControl;
    for (int attempt = 0; attempt < kAttempts && failure == EBUSY; ++attempt) {
        const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
        if (number < 0) {
            return errno_error("get a free loop device from", kControl, errno);
        }
        path = "/dev/loop" + std::to_string(number);
        Fd device(::open(path.c_str(), mode | O_CLOEXEC));
        if (!device) {
            return Error{ErrorKind::environment, errno_error("open", path, errno).text};
        }
        if (::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) {
            return LoopDevice(std::move(device), path);
        }
        failure = errno;
    }
    return Error{ErrorKind::environment, errno_error("attach '" + file.string() + "' to", path, failure).text};
}

LoopDevice::~LoopDevice()
{
    if (device_) {
        (void)::ioctl(device_.get(), LOOP_CLR_FD);  // closing would do; this also holds for a device others have open
    }
}

Result<void> LoopDevice::detach()
{
    const Fd device(device_.release());
    if (!device) {
        return {};
    }
    const int synced = ::fsync(device.get()) == 0 ? 0 : errno;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    // While others have it open this only repeats the wish; alone it takes effect at once.
    while (::ioctl(device.get(), LOOP_CLR_FD) == 0 && is_attached(device.get()) &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (synced != 0) {
        return errno_error("write back", path_.string(), synced);
    }
    if (is_attached(device.get())) {
        return Error{ErrorKind::environment, "cannot detach '" + path_.string() + "': another program has it open"};
    }
    return {};
}

std::string no_loop_devices()
{
    const Fd control(::open(kControl, O_RDWR | O_CLOEXEC));
    return control ? std::string() : errno_error("open", kControl, errno).text;
}

}  // namespace rogate::image
