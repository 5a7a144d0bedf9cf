// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/command_line.h"

#include <fmt/format.h>

#include "process/spec.h"

namespace rogate::lab {
namespace {

/// A file name as -drive takes it: a comma ends the word unless it is doubled.
std::string doubled_commas(const std::string& name)
{
    std::string text;
    for (const char c : name) {
        text += c == ',' ? std::string(",,") : std::string(1, c);
    }
    return text;
}

void add_drive(std::vector<std::string>& words, const Machine& machine, size_t slot, const std::string& file)
{
    const Disk& disk = machine.disks[slot];
    words.emplace_back("-drive");
    words.push_back(fmt::format("file={},if=ide,index={},media=disk,format={}{}{}", doubled_commas(file), slot,
                                disk.original->golden.image.format, disk.snapshot ? ",snapshot=on" : "",
                                disk.read_only && machine.knows_ro ? ",ro" : ""));
}

}  // namespace

std::string export_name(size_t slot) { return fmt::format("hd{}", static_cast<char>('a' + slot)); }

std::string guest_disk_name(size_t slot) { return fmt::format("ide{}.{}", slot / 2, slot % 2); }

std::vector<std::string> device_model_words(const Machine& machine, const std::vector<std::string>& files,
                                            unsigned domain)
{
    std::vector<std::string> words;
    if (machine.configuration == Configuration::xenstore) {
        words = {"-d", std::to_string(domain)};
    }
    for (size_t slot = 0; slot < machine.disks.size(); ++slot) {
        if (machine.configuration == Configuration::drive) {
            add_drive(words, machine, slot, files[slot]);
        } else if (machine.configuration == Configuration::hda) {
            words.push_back("-" + export_name(slot));
            words.push_back(files[slot]);
        }
    }
    // But for -drive there is one -snapshot for every disk: the plan puts only such disks together.
    if (machine.configuration != Configuration::drive && !machine.disks.empty() && machine.disks[0].snapshot) {
        words.emplace_back("-snapshot");
    }
    return words;
}

std::vector<std::string> nbdkit_words(const Tools& tools, const Machine& machine, const std::filesystem::path& request_log,
                                      const std::vector<std::string>& device_model)
{
    std::vector<std::string> words{tools.nbdkit.string(), "--exit-with-parent", "--foreground", "--filter=log",
                                   machine.bridge.string(), "logfile=" + request_log.string()};
    for (const std::string& word : device_model) {
        words.push_back("arg=" + word);
    }
    return words;
}

std::vector<std::string> qemu_words(const Tools& tools, size_t disks, const std::string& nonce, const std::string& socket)
{
    std::string append = "nonce=" + nonce;
    for (const std::string& word : tools.guest_words) {
        append += " " + word;
    }
    std::vector<std::string> words{tools.qemu.string(), "-accel", "tcg", "-M", "pc", "-m", "16", "-nodefaults",
                                   "-no-user-config", "-display", "none", "-bios", "qboot.rom", "-kernel",
                                   tools.guest.string(), "-append", append, "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                                   "-debugcon", "stdio"};
    for (size_t slot = 0; slot < disks; ++slot) {
        const std::string name = export_name(slot);
        words.emplace_back("-blockdev");
        words.push_back(fmt::format("driver=raw,node-name={0},discard=unmap,file.driver=nbd,file.server.type=unix,"
                                    "file.server.path={1},file.server.abstract=on,file.server.tight=on,file.export={0}",
                                    name, socket));
        words.emplace_back("-device");
        words.push_back(fmt::format("ide-hd,bus=ide.{},unit={},drive={},werror=report,rerror=report", slot / 2, slot % 2, name));
    }
    return words;
}


std::string by_hand(const std::vector<std::string>& nbdkit, const std::vector<std::string>& qemu)
{
    std::vector<std::string> server;
    for (const std::string& word : nbdkit) {
        if (word == "--exit-with-parent") {
            server.insert(server.end(), {"--unix", "rogate.sock"});
        } else {
            server.push_back(word);
        }
    }
    std::vector<std::string> client;
    for (const std::string& word : qemu) {
        constexpr std::string_view kPath = "file.server.path=";
        constexpr std::string_view kAbstract = ",file.server.abstract=on,file.server.tight=on";
        const size_t path = word.find(kPath);
        const size_t abstract = word.find(kAbstract);
        if (path == std::string::npos || abstract == std::string::npos) {
            client.push_back(word);
        } else {
            client.push_back(word.substr(0, path) + std::string(kPath) + "rogate.sock" + word.substr(abstract + kAbstract.size()));
        }
    }
    return process::paste_line(server) + "\n" + process::paste_line(client) + "\n";
}

}  // namespace rogate::lab
