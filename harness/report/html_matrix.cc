// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

#include "report/html_parts.h"
#include "report/text.h"

namespace rogate::report {
namespace {

/// How many cases of a change are named; the matrix has them all.
constexpr size_t kMostExamples = 12;

struct MapRow {
    const matrix::Case* one = nullptr;
    std::unordered_map<std::string, const Row*> by_bus;
};

struct Map {
    std::vector<std::string> buses;
    std::vector<MapRow> rows;
};

Map map_of(const std::vector<Row>& rows, matrix::Mode mode)
{
    Map map;
    std::unordered_map<std::string, size_t> place;
    std::unordered_map<std::string, size_t> formats;
    for (const Row& row : rows) {
        if (row.skipped() || row.one->mode != mode) {
            continue;
        }
        const std::string title = row.one->format + "/" + row.one->configuration + "/" + row.one->shape;
        const auto [found, is_new] = place.try_emplace(title, map.rows.size());
        if (is_new) {
            map.rows.push_back({row.one, {}});
            formats.try_emplace(row.one->format, formats.size());
        }
        map.rows[found->second].by_bus.emplace(row.one->bus, &row);
        if (std::find(map.buses.begin(), map.buses.end(), row.one->bus) == map.buses.end()) {
            map.buses.push_back(row.one->bus);
        }
    }
    std::stable_sort(map.rows.begin(), map.rows.end(), [&](const MapRow& a, const MapRow& b) {
        return formats.at(a.one->format) < formats.at(b.one->format);
    });
    return map;
}

/// The states that have a column: the first and the last; what lies between is told by the patches' view.
std::vector<size_t> shown_states(const States& states)
{
    std::vector<size_t> shown{0};
    if (states.size() > 1) {
        shown.push_back(states.size() - 1);
    }
    return shown;
}

std::string head_of(const Map& map, const States& states)
{
    const std::vector<size_t> shown = shown_states(states);
    std::string text = "<thead><tr><td rowspan=\"2\"></td>";
    for (const std::string& bus : map.buses) {
        text += fmt::format("<th class=\"b\" scope=\"colgroup\" colspan=\"{}\">{}</th>", shown.size(), xml(bus));
    }
    text += "</tr><tr>";
    for (size_t i = 0; i < map.buses.size(); ++i) {
        for (const size_t state : shown) {
            text += fmt::format("<th{} scope=\"col\">{}</th>", state == 0 ? " class=\"b\"" : "",
                                xml(std::next(states.begin(), static_cast<std::ptrdiff_t>(state))->second));
        }
    }
    return text + "</tr></thead>\n";
}

void add_cells(std::string& text, const MapRow& row, const Map& map, const States& states, const EvidenceIndex& index)
{
    for (const std::string& bus : map.buses) {
        const auto found = row.by_bus.find(bus);
        for (const size_t state : shown_states(states)) {
            const Finding* finding = found == row.by_bus.end() ? nullptr : found->second->by_state[state];
            const char* edge = state == 0 ? " b" : "";
            if (!finding) {
                text += fmt::format("<td class=\"none{}\">-</td>", edge);
            } else {
                text += fmt::format("<td class=\"{}{}{}\">{}</td>", matrix::to_string(finding->outcome.verdict.kind),
                                    finding->as_expected() ? "" : " bad", edge, verdict_link(*finding, index));
            }
        }
    }
}

std::string change_html(const std::string& change, const std::vector<const Row*>& changed, const PatchEffect& effect,
                        const States& states, const std::vector<Row>& rows, const EvidenceIndex& index)
{
    std::vector<const matrix::Case*> cases;
    std::transform(changed.begin(), changed.end(), std::back_inserter(cases), [](const Row* row) { return row->one; });
    std::string text = fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td>{}<details><summary>{}</summary><ul>",
                                   xml(change), changed.size(), html_code(covering_pattern(cases, rows)),
                                   changed.size() > kMostExamples ? "some of the cases" : "the cases");
    // Seen: the states around the patch; else the first and the last one of the run.
    const auto column = [&](size_t patches) {
        return static_cast<size_t>(std::distance(states.begin(), states.find(patches)));
    };
    for (size_t i = 0; i < changed.size() && i < kMostExamples; ++i) {
        const Row& row = *changed[i];
        const Finding& before = effect.seen ? *row.by_state[column(effect.number - 1)] : row.first();
        const Finding& after = effect.seen ? *row.by_state[column(effect.number)] : row.last();
        text += fmt::format("<li>{} {} then {}</li>", html_code(row.one->id()), verdict_link(before, index),
                            verdict_link(after, index));
    }
    return text + "</ul></details></td></tr>\n";
}

}  // namespace

std::string html_matrix(const Results& results, const std::vector<Row>& rows, const EvidenceIndex& index,
                        matrix::Mode mode)
{
    const Map map = map_of(rows, mode);
    const States states = states_of(results);
    if (map.rows.empty()) {
        return {};
    }
    const bool read_only = mode == matrix::Mode::ro;
    std::string text = fmt::format("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0} disks\"><table "
                                   "class=\"map\"><caption>{0} disks: {1} "
                                   "Each verdict leads to its evidence.</caption>\n{2}",
                                   read_only ? "Read-only" : "Read-write",
                                   read_only ? "sealed is what the series is for."
                                             : "every one must go on writing, or the series blocks too much.",
                                   head_of(map, states));
    const size_t columns = 1 + map.buses.size() * shown_states(states).size();
    std::string format;
    for (const MapRow& row : map.rows) {
        if (row.one->format != format) {
            text += fmt::format("{}<tbody><tr><th scope=\"rowgroup\" colspan=\"{}\">{}</th></tr>\n",
                                format.empty() ? "" : "</tbody>\n", columns, xml(row.one->format));
            format = row.one->format;
        }
        text += fmt::format("<tr><th scope=\"row\">{}/{}</th>", xml(row.one->configuration), xml(row.one->shape));
        add_cells(text, row, map, states, index);
        text += "</tr>\n";
    }
    return text + "</tbody></table></div>\n";
}

std::string html_patches(const Results& results, const std::vector<Row>& rows, const EvidenceIndex& index)
{
    const States states = states_of(results);
    std::string text;
    for (const PatchEffect& effect : patch_effects(results, rows)) {
        text += fmt::format(
            "<tbody><tr><th scope=\"rowgroup\" colspan=\"3\">{} {} <span class=\"dim\">{}</span></th></tr>\n",
            effect.number, html_code(effect.patch),
            effect.rows.empty()
                ? (effect.seen ? "no verdict of the matrix changes" : "no verdict is expected to change")
            : effect.seen ? "seen"
                          : "as expected of it");
        for (const auto& [change, changed] : effect.by_change) {
            text += change_html(change, changed, effect, states, rows, index);
        }
        text += "</tbody>\n";
    }
    if (text.empty()) {
        return {};
    }
    return "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Patches\"><table><caption>What each patch "
           "changes. "
           "<code>rogate run --at all</code> sees it patch by patch.</caption>\n<thead><tr><th "
           "scope=\"col\">verdict</th><th "
           "scope=\"col\" class=\"n\">cases</th><th scope=\"col\">which</th></tr></thead>\n" +
           text + "</table></div>\n";
}

}  // namespace rogate::report
