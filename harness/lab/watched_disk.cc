// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/device_model.h"

namespace rogate::lab {

Result<void> WatchedDisk::prepare(const Disk& disk, const std::filesystem::path& folder)
{
    disk_ = &disk;
    folder_ = folder;
    if (auto copied = copy_image(disk.original->golden, folder); !copied) {
        return copied.error();
    }
    auto chain = ChainWitness::before(*disk.original, folder);
    if (!chain) {
        return chain.error();
    }
    chain_.emplace(std::move(*chain));
    if (auto attached = attach(); !attached) {
        return attached.error();
    }
    auto watch = FolderWatch::make(folder, device());
    if (!watch) {
        return watch.error();
    }
    watch_.emplace(std::move(*watch));
    return {};
}

/// A host device is a loop device over the copy. It is writable whatever the case: the refusal under test is the block
/// layer's.
Result<void> WatchedDisk::attach()
{
    const image::Image& image = disk_->original->golden.image;
    if (image.format != "host_device") {
        return {};
    }
    auto loop = image::LoopDevice::attach(folder_ / image.active(), false);
    if (!loop) {
        return loop.error();
    }
    loop_.emplace(std::move(*loop));
    return {};
}

std::filesystem::path WatchedDisk::device() const { return loop_ ? loop_->path() : std::filesystem::path(); }

/// A folder is offered for writing too, so that it is the disk's wish that counts and not the name; with a snapshot that
/// would be one temporary file above another.
std::string WatchedDisk::file_word() const
{
    if (loop_) {
        return loop_->path().string();
    }
    const image::Image& image = disk_->original->golden.image;
    const std::string file = (folder_ / image.active()).string();
    return image.format != "vvfat" ? file : (disk_->snapshot ? "fat:" : "fat:rw:") + file;
}

bool WatchedDisk::sample(int pid)
{
    const std::vector<OpenFile> now = open_files(pid, folder_, device());
    merge(open_, now);
    return !now.empty();
}

void WatchedDisk::collect(Evidence& evidence)
{
    evidence.open_files = open_;
    evidence.events = watch_->take();
    if (loop_) {  // only now: detaching closes the file, which was open for writing
        if (auto detached = loop_->detach(); !detached) {
            evidence.environment_error = detached.error().text;
        }
    }
    auto files = chain_->after();
    if (files) {
        evidence.files = std::move(*files);
    } else {
        evidence.environment_error = files.error().text;
    }
}

}  // namespace rogate::lab
