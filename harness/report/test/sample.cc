// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/test/sample.h"

#include <algorithm>
#include <fmt/format.h>

#include "report/shard.h"

namespace rogate::report::test {
namespace {

using matrix::Mode;
using matrix::VerdictKind;

const std::vector<std::string> kFormats{"raw", "host_device", "cow",   "qcow", "qcow2",     "vmdk",
                                        "vpc", "bochs",       "cloop", "dmg",  "parallels", "vvfat"};
const std::vector<std::string> kBuses{"ide",  "ahci",   "virtio-blk", "virtio-scsi", "lsi", "uhci", "ehci",
                                      "nvme", "floppy", "cd",         "b10",         "b11", "b12",  "b13",
                                      "b14",  "b15",    "b16",        "b17",         "b18", "b19"};
const std::vector<std::string> kConfigurations{"drive", "hda", "xenstore", "xenstore-second", "xenstore-nomode"};
const std::vector<std::string> kShapes{"plain", "backed", "snapshot"};
constexpr size_t kCommands = 44;
constexpr size_t kPatches = 17;
constexpr size_t kMachineDisks = 4;

uint32_t mixed(uint64_t a, uint64_t b)
{
    uint64_t x = a * 0x9e3779b97f4a7c15ULL + b * 0xbf58476d1ce4e5b9ULL + 1;
    x ^= x >> 29;
    return static_cast<uint32_t>(x * 0x94d049bb133111ebULL >> 32);
}

std::string digest(uint64_t a, uint64_t b)
{
    std::string text;
    for (uint64_t i = 0; i < 8; ++i) {
        text += fmt::format("{:08x}", mixed(a + i, b));
    }
    return text;
}

std::vector<lab::GuestCommand> commands(size_t bus, bool accepted, uint64_t nonce)
{
    std::vector<lab::GuestCommand> all;
    for (size_t i = 0; i < kCommands; ++i) {
        lab::GuestCommand one;
        const bool writes = i >= kCommands / 2;
        one.disk = fmt::format("b{}.0", bus);
        one.command_class = writes ? lab::CommandClass::write : lab::CommandClass::read;
        one.name = fmt::format("{}_{}_{}", writes ? "WRITE" : "READ", kBuses[bus], i);
        one.protocol = i % 2 == 0 ? "pio" : "dma";
        one.opcode = static_cast<unsigned>(0x20 + i);
        one.lba = i * 8;
        one.sectors = static_cast<unsigned>(1 + i % 5);
        one.status = writes && !accepted ? 0x41 : 0x50;
        one.error = writes && !accepted ? 0x04 : 0;
        one.bus_master = i % 2 == 0 ? std::optional<unsigned>() : 4;
        one.read_back = !writes ? "" : accepted ? "new" : "old";
        one.crc = mixed(i, writes && accepted ? nonce : 0);
        all.push_back(one);
    }
    return all;
}

std::vector<lab::WireRequest> requests(bool accepted)
{
    std::vector<lab::WireRequest> all;
    for (size_t i = 0; i < kCommands; ++i) {
        const bool writes = i >= kCommands / 2;
        all.push_back(
            {"hda", writes ? "Write" : "Read", i * 4096, 512 * (1 + i % 5), true, writes && !accepted ? "EACCES" : ""});
    }
    return all;
}

lab::FileEvidence file(size_t format, bool changed, uint64_t nonce)
{
    lab::FileEvidence one{"disk." + kFormats[format], false, digest(format, 0), digest(format, 0), {}, {}};
    if (changed) {
        one.digest_after = digest(format, nonce);
        for (uint64_t i = kCommands / 2; i < kCommands; ++i) {
            one.changed.push_back({i * 8 + format, 1 + i % 5});
        }
        one.stat_changes = {"mtime", "ctime"};
    }
    return one;
}

/// Evidence of a disk whose writes are taken or refused, opened for writing or not.
lab::Evidence evidence(const matrix::Case& one, size_t format, size_t bus, bool taken, bool open_for_writing,
                       uint64_t nonce)
{
    const bool changed = taken && one.shape != "snapshot";
    lab::Evidence all;
    all.case_id = one.id();
    all.nonce = fmt::format("{:08x}{:08x}", mixed(nonce, 1), mixed(nonce, 2));
    all.device_model = {
        {"/usr/bin/nbdkit", "--exit-with-parent", fmt::format("/dev/shm/rogate-x/machine-{}/hda", nonce)},
        "exit status 0",
        0,
        0,
        false,
        ""};
    all.qemu = {{"/usr/bin/qemu-system-x86_64", "-append", "nonce=" + all.nonce, "-device", "b-" + kBuses[bus]},
                "exit status 33",
                33,
                0,
                false,
                ""};
    all.disk = fmt::format("b{}.0", bus);
    all.export_name = "hda";
    all.guest_complete = true;
    all.console = fmt::format("rogate-probe 2 nonce={}\nend disks=1\n", all.nonce);
    all.commands = commands(bus, taken, nonce);
    all.requests = requests(taken);
    all.open_files.push_back(
        {"disk." + one.format, open_for_writing, false, open_for_writing ? "fd 5 O_RDWR" : "fd 5 O_RDONLY"});
    if (changed) {
        all.events.push_back({"disk." + one.format, "MODIFY"});
    }
    if (open_for_writing) {
        all.events.push_back({"disk." + one.format, "CLOSE_WRITE"});
    }
    all.files.push_back(file(format, changed, nonce));
    all.duration_us = 50'000 + mixed(nonce, 3) % 30'000;
    if (one.mode == Mode::rw) {
        all.reader = lab::ReaderEvidence{"qemu-img convert", "", {}};
    }
    return all;
}

std::string skip_of(const matrix::Case& one)
{
    return one.configuration == "hda" && one.mode == Mode::ro ? "-hda has no word for read-only; -drive has" : "";
}

void poison(matrix::CaseResult& result)
{
    lab::Evidence& one = result.judged.evidence;
    for (std::string* text :
         {&one.nonce, &one.subject, &one.disk, &one.export_name, &one.environment_hint, &one.console}) {
        *text = hostile(*text);
    }
    for (lab::GuestCommand& command : one.commands) {
        command.name = hostile(command.name);
        command.protocol = hostile(command.protocol);
        command.sense = hostile("");
    }
    one.requests.front().operation = hostile("Other");
    one.open_files.front().detail = hostile("fd");
    one.open_files.front().file = hostile("disk");
    one.events.push_back({hostile("disk"), hostile("ATTR")});
    one.files.front().file = hostile("disk");
    one.files.front().stat_changes.push_back(hostile("size"));
    one.device_model.argv.push_back(hostile("arg"));
    one.device_model.stderr_text = hostile("said");
    if (one.reader) {
        one.reader->command = hostile("reader");
    }
    result.judged.verdict.reasons.push_back(hostile("because"));
    result.expected->why = hostile("why");
    result.one.configuration += "<b>&\"'`|#\x1b[31m\xff";
}

/// What is expected, and what is made to be seen: base takes the writes of every disk, the tip those of rw ones.
matrix::CaseResult result_of(const matrix::Case& one, size_t format, size_t bus, size_t patches, uint64_t machine,
                             bool spoilt)
{
    const bool closed = one.mode == Mode::ro && patches == kPatches;
    const bool read_only = one.mode == Mode::ro;
    const bool taken = (one.mode == Mode::rw || !closed) && !(read_only && one.shape == "snapshot");
    matrix::CaseResult result;
    result.one = one;
    result.patches = patches;
    result.state = patches == 0 ? "base" : patches == kPatches ? "tip" : std::to_string(patches);
    const VerdictKind expected = !read_only                ? VerdictKind::writes
                                 : closed                  ? VerdictKind::sealed
                                 : one.shape == "snapshot" ? VerdictKind::leak
                                                           : VerdictKind::hole;
    result.expected = matrix::Expected{expected, "what the series is for", {}};
    result.judged.evidence = evidence(one, format, bus, taken != spoilt, !closed || spoilt, machine);
    result.judged.verdict = matrix::judge(one, result.judged.evidence);
    return result;
}

}  // namespace

std::string hostile(const std::string& word)
{
    return word +
           "</code></pre><script>alert(1)</script>&amp;\"' onclick='x' `|` [a](javascript:x) ]]> \\ # SKIP \x1b[2J\r\n"
           "not ok 1 \x07\xff\xfe \xe2\x80\xae @all ![i](http://x/) {}{0} <!-- -->";
}

std::vector<matrix::CaseResult> sample_results(const SampleOptions& options)
{
    std::vector<matrix::CaseResult> all;
    size_t running = 0;
    std::vector<size_t> in_machine;
    uint64_t machine = 1;
    const auto close_machine = [&] {
        for (const size_t i : in_machine) {
            for (const size_t other : in_machine) {
                if (other != i) {
                    all[i].judged.evidence.company.push_back(all[other].one.id());
                }
            }
        }
        in_machine.clear();
        ++machine;
    };
    for (size_t place = 0; place < kFormats.size() * kConfigurations.size() * kShapes.size() * options.buses * 2;
         ++place) {
        if (running >= options.findings) {
            break;
        }
        const size_t bus = place % options.buses;
        const size_t rest = place / options.buses;
        const size_t format = rest / (2 * kShapes.size() * kConfigurations.size());
        matrix::Case one{kFormats[format], kBuses[bus], rest % 2 == 0 ? Mode::ro : Mode::rw,
                         kConfigurations[rest / (2 * kShapes.size()) % kConfigurations.size()],
                         kShapes[rest / 2 % kShapes.size()]};
        one.skip = skip_of(one);
        for (const size_t patches : options.states) {
            if (!one.skip.empty()) {
                matrix::CaseResult result = result_of(one, format, bus, patches, 0, false);
                result.expected.reset();
                result.judged = {{VerdictKind::skip, {one.skip}}, {}};
                all.push_back(result);
                continue;
            }
            const bool spoilt = options.unexpected && running % 29 == 11;
            matrix::CaseResult result = result_of(one, format, bus, patches, machine * 64 + patches, spoilt);
            result.judged.evidence.subject = digest(patches, 7).substr(0, 40);
            if (spoilt && running % 2 == 1) {
                result.also = result.judged;
                result.also_is_alone = true;
            }
            ++running;
            all.push_back(std::move(result));
            if (options.states.size() == 1) {
                in_machine.push_back(all.size() - 1);
            }
            if (in_machine.size() == kMachineDisks) {
                close_machine();
            }
        }
        machine += options.states.size() > 1 ? 1 : 0;
    }
    close_machine();
    if (options.hostile) {
        for (size_t i = 0; i < all.size(); i += options.states.size()) {
            for (size_t j = i; j < i + options.states.size() && i % 3 == 0 && all[i].one.skip.empty(); ++j) {
                poison(all[j]);
            }
        }
    }
    return all;
}

RunFacts sample_facts(const SampleOptions& options, const std::vector<matrix::CaseResult>& results)
{
    RunFacts facts{.rogate_version = "0.1.0",
                   .series = options.hostile ? hostile("series") : "drv_read_only",
                   .upstream = options.hostile ? hostile("upstream") : "the in-tree ioemu",
                   .command = {"rogate", "run", "--series", options.hostile ? hostile("series") : "drv_read_only"},
                   .patches = {},
                   .trees = {},
                   .tools = {{"qemu", options.hostile ? hostile("7") : "7.2.22"}, {"nbdkit", "1.32.5"}},
                   .seconds = 12.5,
                   .plan = {},
                   .shard = {}};
    for (size_t i = 1; i <= kPatches; ++i) {
        facts.patches.push_back(
            fmt::format("{:04}-{}.patch", i, options.hostile ? hostile("p") : "ioemu-close-a-hole"));
    }
    for (const size_t patches : options.states) {
        facts.trees.emplace_back(patches == 0          ? "base"
                                 : patches == kPatches ? "tip"
                                                       : std::to_string(patches),
                                 digest(patches, 7).substr(0, 40));
    }
    std::vector<matrix::Case> cases;
    for (const matrix::CaseResult& result : results) {
        if (cases.empty() || !(cases.back() == result.one)) {
            cases.push_back(result.one);
        }
    }
    facts.plan = plan_id(facts, cases);
    return facts;
}

Results sample(const SampleOptions& options)
{
    const auto results = sample_results(options);
    const RunFacts facts = sample_facts(options, results);
    return collect(facts, results, [&](const std::string& id) {
        return id.find("/ro/") == std::string::npos ? std::string() : facts.patches[2 + id.size() % 3];
    });
}

}  // namespace rogate::report::test
