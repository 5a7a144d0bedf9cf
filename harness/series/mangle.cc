// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/mangle.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "series/apply.h"
#include "series/series.h"

namespace rogate::series {
namespace {

using Spoil = std::function<std::string(const std::string&)>;

[[noreturn]] void give_up(const std::string& why)
{
    std::fprintf(stderr, "%s\n", why.c_str());
    std::abort();
}

Spoil each_line(std::function<std::string(const std::string&)> change)
{
    return [change = std::move(change)](const std::string& text) {
        std::string out;
        for (size_t pos = 0; pos < text.size();) {
            const size_t end = std::min(text.find('\n', pos), text.size());
            out += change(text.substr(pos, end - pos)) + "\n";
            pos = end + 1;
        }
        return out;
    };
}

std::string stripped(const std::string& line)
{
    return line.substr(0, line.find_last_not_of(" \t") + 1);
}

/// Breaks at the last blank that fits, as mailers do; the blanks there stay at the end (`keep`) or are dropped.
std::string wrap(std::string line, size_t width, bool keep)
{
    std::string out;
    while (line.size() > width) {
        const size_t text = line.find_first_not_of(" \t", 1);
        size_t at = line.find_last_of(" \t", width - (keep ? 1 : 0));
        if (at == std::string::npos || text == std::string::npos || at <= text) {
            at = line.find_first_of(" \t", std::min(text, line.size()));
        }
        if (at == std::string::npos || at + 1 >= line.size()) {
            break;
        }
        const size_t next = keep ? at + 1 : std::min(line.find_first_not_of(" \t", at), line.size());
        if (next == line.size()) {
            break;
        }
        out += keep ? line.substr(0, next) + "\n" : stripped(line.substr(0, at)) + "\n";
        line.erase(0, next);
    }
    return out + line;
}

std::string tabs_to(const std::string& line, size_t blanks)
{
    std::string out;
    for (const char c : line) {
        if (c == '\t') {
            out.append(blanks == 0 ? 8 - out.size() % 8 : blanks, ' ');
        } else {
            out += c;
        }
    }
    return out;
}

std::string quoted_printable(const std::string& line)
{
    std::string out;
    size_t column = 0;
    for (size_t i = 0; i < line.size(); ++i) {
        const auto byte = static_cast<unsigned char>(line[i]);
        const bool last = i + 1 == line.size();
        char coded[4] = {line[i], '\0'};
        if (byte == '=' || byte > 126 || (byte < 32 && byte != '\t') || (last && (byte == ' ' || byte == '\t'))) {
            std::snprintf(coded, sizeof coded, "=%02X", byte);
        }
        if (column + std::string(coded).size() > 75) {
            out += "=\n";
            column = 0;
        }
        out += coded;
        column += std::string(coded).size();
    }
    return out;
}

/// RFC 3676: no blanks before a hard line break, one more before lines that begin with a blank, soft breaks at 72.
std::string flowed(const std::string& line)
{
    std::string text = line == "-- " ? line : stripped(line);
    text = wrap(text, 72, true);
    std::string out;
    for (size_t pos = 0; pos <= text.size();) {
        const size_t end = std::min(text.find('\n', pos), text.size());
        const std::string piece = text.substr(pos, end - pos);
        out += (pos > 0 ? "\n" : "") + std::string(piece.starts_with(' ') || piece.starts_with("From ") ? " " : "") + piece;
        pos = end + 1;
    }
    return out;
}

Mangler together(const std::string& name, const std::vector<Mangler>& all, const std::vector<std::string>& names)
{
    Mangler both{name, [](const std::string& text) { return text; }};
    for (const std::string& one : names) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const Mangler& m) { return m.name == one; });
        both.spoil = [first = both.spoil, second = found->spoil](const std::string& text) { return second(first(text)); };
        both.flowed = both.flowed || found->flowed;
        both.traceless = both.traceless || found->traceless;
    }
    return both;
}

/// One line of a source, or of a patch behind its prefix, in the tabbed corpus.
std::string with_tabs(const std::string& line)
{
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (indent == 0) {
        return line;  // it may be the name of a function, which hunk headers repeat
    }
    std::string out = std::string(indent / 8, '\t') + line.substr(indent - indent % 8);
    const size_t hash = std::hash<std::string>{}(line);
    const size_t gap = out.find("  ", out.find_first_not_of("\t "));
    if (hash % 3 == 0 && gap != std::string::npos && out[gap - 1] != '.') {
        out.replace(gap, out.find_first_not_of(' ', gap) - gap, "\t");
    }
    return hash % 29 == 0 ? out + "  " : out;
}

/// `mail` with each line of its hunks changed; index lines are told of the texts before and after.
std::string change_mail(const std::string& mail, const git::Tree& before, const git::Tree& after)
{
    const size_t diff = mail.find("\ndiff --git ") + 1;
    std::string out = mail.substr(0, diff);
    std::string path;
    bool in_hunk = false;
    out += each_line([&](const std::string& line) -> std::string {
        if (line.starts_with("diff --git ")) {
            in_hunk = false;
            path = line.substr(line.rfind(" b/") + 3);
        } else if (line.starts_with("@@ ")) {
            in_hunk = true;
        } else if (line.starts_with("index ")) {
            const auto id = [&](const git::Tree& tree) {
                const auto at = tree.find(path);
                return at == tree.end() ? std::string(7, '0') : git::hash_blob(*at->second.content).hex().substr(0, 7);
            };
            const size_t mode = line.find(' ', 6);
            return "index " + id(before) + ".." + id(after) + (mode == std::string::npos ? "" : line.substr(mode));
        } else if (in_hunk && !line.empty() && line[0] != '\\') {
            return line[0] + with_tabs(line.substr(1));
        }
        return line;
    })(mail.substr(diff));
    return out;
}

}  // namespace

std::vector<Mangler> manglers()
{
    std::vector<Mangler> all{
        {"wrapped at 72", each_line([](const std::string& line) { return wrap(line, 72, false); })},
        {"wrapped at 78", each_line([](const std::string& line) { return wrap(line, 78, false); })},
        {"wrapped at 72, blank kept", each_line([](const std::string& line) { return wrap(line, 72, true); })},
        {"tabs to stops of 8", each_line([](const std::string& line) { return tabs_to(line, 0); })},
        {"tabs to 8 blanks", each_line([](const std::string& line) { return tabs_to(line, 8); }), false, true},
        {"tabs to a blank", each_line([](const std::string& line) { return tabs_to(line, 1); })},
        {"line ends stripped", each_line(stripped)},
        {">From", each_line([](const std::string& line) { return (line.starts_with("From ") ? ">" : "") + line; })},
        {"format=flowed", each_line(flowed), true},
        {"quoted-printable left in", each_line(quoted_printable)},
        {"first column lost", each_line([](const std::string& line) { return line.substr(line.starts_with(' ') ? 1 : 0); })},
        {"CRLF", each_line([](const std::string& line) { return line + "\r"; })},
    };
    const std::vector<Mangler> single = all;
    all.push_back(together("tabs to stops, stripped, wrapped at 78", single,
                           {"tabs to stops of 8", "line ends stripped", "wrapped at 78"}));
    all.push_back(together("stripped, first column lost", single, {"line ends stripped", "first column lost"}));
    all.push_back(together("wrapped at 72, CRLF", single, {"wrapped at 72", "CRLF"}));
    all.push_back(together("flowed, tabs to stops, CRLF", single, {"tabs to stops of 8", "format=flowed", "CRLF"}));
    all.push_back(together("tabs to stops, quoted-printable left in", single,
                           {"tabs to stops of 8", "quoted-printable left in"}));
    all.push_back(together("wrapped at 72, stripped, first column lost", single,
                           {"wrapped at 72", "line ends stripped", "first column lost"}));
    return all;
}

Corpus read_corpus(const std::string& base_folder, const std::string& folder)
{
    namespace fs = std::filesystem;
    Corpus corpus{fs::path(folder).filename().string(), {}, {}};
    for (const auto& entry : fs::recursive_directory_iterator(base_folder)) {
        if (entry.is_regular_file()) {
            corpus.base[fs::relative(entry.path(), base_folder).string()] = {
                git::kModeFile, std::make_shared<const std::string>(*read_file(entry.path())), {}};
        }
    }
    const auto series = load_series(folder);
    if (!series) {
        give_up(series.error().text);
    }
    for (const Patch& patch : series->patches) {
        corpus.mails.push_back(*patch.text);
    }
    return corpus;
}

Corpus tabbed(const Corpus& corpus)
{
    Corpus changed{corpus.name + ", tabbed", {}, {}};
    const Spoil lines = each_line(with_tabs);
    const auto retab = [&](const git::Tree& tree) {
        git::Tree out;
        for (const auto& [path, entry] : tree) {
            out[path] = {entry.mode, std::make_shared<const std::string>(lines(*entry.content)), {}};
        }
        return out;
    };
    changed.base = retab(corpus.base);
    git::Tree state = corpus.base;
    for (const std::string& mail : corpus.mails) {
        const auto patch = parse_patch("p", std::make_shared<const std::string>(mail), 1, "p");
        const auto applied = apply_patch(state, *patch);
        if (!std::holds_alternative<AppliedPatch>(applied)) {
            give_up(std::get<PatchConflict>(applied).text);
        }
        const git::Tree& after = std::get<AppliedPatch>(applied).tree;
        changed.mails.push_back(change_mail(mail, retab(state), retab(after)));
        state = after;
    }
    return changed;
}

Corpus without_index(const Corpus& corpus)
{
    Corpus changed = corpus;
    changed.name += ", no index lines";
    for (std::string& mail : changed.mails) {
        for (size_t at = mail.find("\nindex "); at != std::string::npos; at = mail.find("\nindex ", at)) {
            mail.erase(at, mail.find('\n', at + 1) - at);
        }
    }
    return changed;
}

std::string diff_of(const std::string& mail)
{
    return mail.substr(mail.find("\ndiff --git ") + 1);
}

}  // namespace rogate::series
