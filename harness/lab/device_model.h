// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "image/loop_device.h"
#include "lab/chain.h"
#include "lab/machine.h"
#include "lab/witness.h"
#include "process/group.h"

namespace rogate::lab {

/// A listening socket in the abstract name space: it leaves no file, and a client may connect before the server is up.
struct Listener {
    Fd fd;
    std::string name;

    /// Errors: environment.
    static Result<Listener> make();
};

/// One disk's image and the witnesses that watch it.
class WatchedDisk {
public:
    /// Copies the image of `disk` below `folder` (its own, made here) and sets the witnesses. Errors: environment.
    Result<void> prepare(const Disk& disk, const std::filesystem::path& folder);

    /// What the device model is given as the disk's file.
    [[nodiscard]] std::string file_word() const;
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    /// The device that stands for the image, or nothing.
    [[nodiscard]] std::filesystem::path device() const;

    /// Asks the descriptor witness about a running process. True when it has the image itself open.
    bool sample(int pid);

    /// Takes what kernel, descriptor, digest and stat say; to be called once, when all programs have ended.
    void collect(Evidence& evidence);

private:
    Result<void> attach();

    const Disk* disk_ = nullptr;
    std::filesystem::path folder_;
    std::optional<ChainWitness> chain_;
    std::optional<image::LoopDevice> loop_;
    std::optional<FolderWatch> watch_;
    std::vector<OpenFile> open_;
};

/// A device model from its start to its end: one nbdkit with its disks, in a folder of its own.
class RunningModel {
public:
    RunningModel(const Tools& tools, const DeviceModel& model, std::filesystem::path folder)
        : tools_(tools), model_(model), folder_(std::move(folder))
    {
    }

    /// Makes the listening socket. Errors: environment.
    Result<void> listen();

    /// Copies the images and sets the witnesses; a disk whose bus works on files needs no more. Errors: environment.
    Result<void> prepare();

    /// Starts nbdkit. Errors: environment.
    Result<void> start(process::Group& group);

    /// Changes the medium of the drives that start with another one, and waits until the device model has the image
    /// open. A device model that ends or does not take the medium is told by its own evidence. Errors: environment.
    Result<void> change_media(process::Group& group);

    void sample(process::Group& group);
    void stop(process::Group& group);

    /// One Evidence a disk: all but what the guest saw.
    std::vector<Evidence> collect(const std::string& nonce);

    [[nodiscard]] const DeviceModel& model() const { return model_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] const std::string& socket() const { return socket_; }
    [[nodiscard]] std::optional<process::Group::Id> id() const { return id_; }
    [[nodiscard]] const std::vector<std::string>& argv() const { return argv_; }
    [[nodiscard]] const WatchedDisk& disk(size_t i) const { return *disks_[i]; }
    [[nodiscard]] bool has_media_change() const;

private:
    Result<unsigned> tell_xenstore(std::vector<std::pair<std::string, std::string>>& environment);
    Result<void> place_on_board(size_t i) const;
    [[nodiscard]] std::filesystem::path first_medium_folder(const Disk& disk) const { return folder_ / (disk.slot + "-first"); }
    void judge_ending(Evidence& evidence) const;

    const Tools& tools_;
    const DeviceModel& model_;
    std::filesystem::path folder_;
    std::optional<Listener> listener_;
    std::string socket_;
    std::vector<std::unique_ptr<WatchedDisk>> disks_;
    std::vector<std::string> files_;  // the disks' files as the device model is to open them
    unsigned domain_ = 0;
    std::vector<std::string> argv_;
    std::optional<process::Group::Id> id_;
    bool ended_early_ = false;
    process::Outcome outcome_;
};

}  // namespace rogate::lab
