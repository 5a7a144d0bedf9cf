// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>

#include "process/spec.h"
#include "report/html_parts.h"
#include "report/show.h"
#include "report/text.h"

namespace rogate::report {
namespace {

/// Findings that a group names one by one; for the others there is `rogate show`.
constexpr size_t kMostFindings = 400;
/// The picture of a file is so many units wide, and no change narrower than kLeastWidth of them.
constexpr double kPictureWidth = 1000;
constexpr double kLeastWidth = 2;

std::string counts_html(const std::map<std::string, size_t>& counts, const char* nothing)
{
    std::string text;
    for (const auto& [line, count] : counts) {
        text += fmt::format("<li>{} x {}</li>", count, xml(line));
    }
    return text.empty() ? nothing : "<ul>" + text + "</ul>";
}

/// The sectors of a file that changed, as marks on a bar, and as text for who does not see it.
std::string picture(const lab::FileEvidence& file, uint64_t scale)
{
    std::string path;
    uint64_t sectors = 0;
    for (const image::SectorRange& range : file.changed) {
        const double unit = kPictureWidth / static_cast<double>(scale);
        const double from = std::min(static_cast<double>(range.first) * unit, kPictureWidth - kLeastWidth);
        const double width = std::max(static_cast<double>(range.count) * unit, kLeastWidth);
        path += fmt::format("M{:.0f} 0h{:.0f}v9h-{:.0f}z", from, width, width);
        sectors += range.count;
    }
    return fmt::format(
        "<figure><svg class=\"map1\" viewBox=\"0 0 1000 9\" preserveAspectRatio=\"none\" role=\"img\" "
        "aria-label=\"{0} changed sectors of {1}\"><path d=\"{2}\"/></svg><figcaption>{0} of sectors 0 to {3} "
        "changed: {4}</figcaption></figure>",
        sectors, xml(file.file), path, scale - 1, ranges_text(file.changed, 40));
}

std::string files_html(const EvidenceGroup& group, const EvidenceIndex& index)
{
    std::string text;
    for (const lab::FileEvidence& file : group.outcome->files) {
        std::string stat;
        for (const std::string& change : file.stat_changes) {
            stat += (stat.empty() ? "" : ", ") + change;
        }
        text +=
            fmt::format("<dt>digest, stat</dt><dd>{}{}: ", html_code(file.file), file.backing ? " (backing file)" : "");
        if (!file.content_changed()) {
            text += fmt::format("content as before, {}", html_code(file.digest_before.substr(0, 16)));
        } else if (file.digest_after.empty()) {
            text += "the file is gone";
        } else {
            text += fmt::format("content {} became {}", html_code(file.digest_before.substr(0, 16)),
                                html_code(file.digest_after.substr(0, 16)));
        }
        text += stat.empty() ? "; size, blocks, inode and times as before" : "; " + xml(stat);
        text += file.changed.empty() ? "" : picture(file, index.scale_of(*group.findings.front(), file));
        text += "</dd>";
    }
    return text;
}

std::string reader_html(const Outcome& outcome)
{
    if (!outcome.reader) {
        return {};
    }
    const lab::ReaderEvidence& reader = *outcome.reader;
    return fmt::format("<dt>reader</dt><dd>{}{}</dd>",
                       !reader.failure.empty() ? xml(reader.failure)
                       : reader.wrong.empty()  ? "the reference content with exactly the accepted writes"
                                               : "wrong sectors: " + ranges_text(reader.wrong, 40),
                       reader.command.empty() ? "" : ", by " + html_code(reader.command));
}

std::string witnesses_html(const Results& results, const EvidenceGroup& group, const EvidenceIndex& index)
{
    const Outcome& outcome = *group.outcome;
    std::string text = "<dl class=\"seen\"><dt>guest</dt><dd>";
    if (outcome.guest) {
        const auto& commands = results.guests[*outcome.guest];
        text += counts_html(counted_commands(commands), "") +
                fmt::format("<a href=\"#g{}\">each of the {} commands</a>", *outcome.guest, commands.size());
    } else {
        text += "said nothing of this disk";
    }
    text += "</dd><dt>wire</dt><dd>";
    if (outcome.wire) {
        const auto& requests = results.wires[*outcome.wire];
        text += counts_html(counted_requests(requests), "") +
                fmt::format("<a href=\"#w{}\">each of the {} requests</a>", *outcome.wire, requests.size());
    } else {
        text += "nothing reached the block layer";
    }
    text += "</dd><dt>descriptor</dt><dd>";
    for (const lab::OpenFile& one : outcome.open_files) {
        text += fmt::format("{} {}<br/>", html_code(one.file), xml(one.detail));
    }
    text += fmt::format("{}</dd><dt>kernel</dt><dd>", outcome.open_files.empty() ? "no image file open or mapped" : "");
    for (const lab::KernelEvent& one : outcome.events) {
        text += fmt::format("{} {}<br/>", html_code(one.file), xml(one.what));
    }
    text += fmt::format("{}</dd>", outcome.events.empty() ? "no event" : "");
    return text + files_html(group, index) + reader_html(outcome) + "</dl>";
}

std::string findings_html(const Results& results, const EvidenceGroup& group)
{
    if (group.findings.size() > 1) {
        std::string text;
        for (size_t i = 0; i < group.findings.size() && i < kMostFindings; ++i) {
            text += xml(group.findings[i]->one.id()) + " " + xml(group.findings[i]->at) + "\n";
        }
        if (group.findings.size() > kMostFindings) {
            text += fmt::format("and {} more", group.findings.size() - kMostFindings);
        }
        return fmt::format("<details><summary>{} results with this evidence</summary><pre>{}</pre></details>",
                           group.findings.size(), text);
    }
    if (!group.outcome->machine) {
        return {};
    }
    const Machine& machine = results.machines[*group.outcome->machine];
    return fmt::format("<p class=\"dim\">nonce {}, {} ms, subject {}</p>", html_code(machine.nonce),
                       machine.duration_us / 1000, html_code(machine.subject));
}

std::string group_html(const Results& results, const EvidenceGroup& group, size_t number, const EvidenceIndex& index)
{
    const Finding& first = *group.findings.front();
    const Outcome& outcome = *group.outcome;
    const std::string_view verdict = matrix::to_string(outcome.verdict.kind);
    const bool bad = !first.as_expected();
    std::string text = fmt::format(
        "<details><summary><span class=\"v {}{}\">{}</span> {} at {}{}{}{}</summary><div id=\"e{}\">", verdict,
        bad ? " bad" : "", verdict, html_code(first.one.id()), xml(first.at),
        group.note.empty() ? "" : ": " + group.note,
        group.findings.size() == 1 ? ""
                                   : fmt::format(" <span class=\"dim\">and {} more</span>", group.findings.size() - 1),
        bad ? fmt::format(" <strong>expected {}</strong>",
                          first.expected ? matrix::to_string(*first.expected) : "nothing")
            : "",
        number);
    if (!outcome.verdict.reasons.empty()) {
        text += "<p>because</p><ul>";
        for (const std::string& reason : outcome.verdict.reasons) {
            text += "<li>" + xml(reason) + "</li>";
        }
        text += "</ul>";
    }
    for (const auto& [what, said] :
         {std::pair{"the lab", &outcome.environment_error}, std::pair{"hint", &outcome.environment_hint},
          std::pair{"the device model", &outcome.subject_refusal}, std::pair{"the guest", &outcome.guest_problem}}) {
        text += said->empty() ? "" : fmt::format("<p>{}: {}</p>", what, xml(*said));
    }
    text += first.why.empty() ? "" : "<p class=\"dim\">" + xml(first.why) + "</p>";
    text += witnesses_html(results, group, index) + findings_html(results, group);
    text += "<p>Again:</p><pre>" +
            xml(process::paste_line(
                {"rogate", "run", first.one.id(), "--series", results.facts.series, "--at", first.at, "--keep"})) +
            "</pre>";
    if (outcome.machine) {
        const Machine& machine = results.machines[*outcome.machine];
        text +=
            machine.console.empty() ? "" : "<p>What the guest sent:</p><pre>" + xml(machine.console, true) + "</pre>";
        text +=
            fmt::format("<p><a href=\"#m{}\">command lines of its machine</a></p>", index.machine_of(*outcome.machine));
    }
    return text + "</div></details>\n";
}

}  // namespace

std::string html_evidence(const Results& results, const EvidenceIndex& index)
{
    std::string text;
    for (size_t i = 0; i < index.groups().size(); ++i) {
        text += group_html(results, index.groups()[i], i, index);
    }
    return text;
}

}  // namespace rogate::report
