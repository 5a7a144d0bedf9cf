// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rogate::cli {
namespace {

OptionHelp help_of(const CLI::Option& option)
{
    OptionHelp help;
    help.positional = option.get_positional();
    help.required = option.get_required();
    help.repeated = option.get_items_expected_max() > 1;
    help.preset = option.get_default_str();
    help.text = option.get_description();
    if (help.positional) {
        help.names.push_back(option.get_name(true));
    }
    for (const std::string& name : option.get_snames()) {
        help.names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        help.names.push_back("--" + name);
    }
    if (option.get_items_expected_max() > 0) {
        help.value = option.get_type_name();
    }
    return help;
}

/// Text for roff: hyphens that can be copied, backslashes, and no line that is taken for a request.
std::string roff(const std::string& text)
{
    std::string safe;
    bool line_start = true;
    for (const char c : text) {
        if (line_start && (c == '.' || c == '\'')) {
            safe += "\\&";
        }
        safe += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
        line_start = c == '\n';
    }
    return safe;
}

std::string name_of(const CLI::App& app)
{
    return app.get_parent() ? "rogate-" + app.get_name() : "rogate";
}

std::string synopsis(const CLI::App& app)
{
    std::string text =
        ".B rogate" + (app.get_parent() ? " " + roff(app.get_name()) : std::string()) + "\n[\\fIoption\\fR ...]\n";
    for (const OptionHelp& one : options_of(app)) {
        if (one.positional) {
            const std::string word = fmt::format("\\fI{}\\fR{}", roff(one.value), one.repeated ? " ..." : "");
            text += one.required ? word + "\n" : "[" + word + "]\n";
        }
    }
    return text + (app.get_parent() ? "" : "\\fIcommand\\fR ...\n");
}

std::string option_page(const OptionHelp& one)
{
    std::string names;
    for (const std::string& name : one.names) {
        names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
    }
    return fmt::format(".TP\n{}\n{}{}\n",
                       one.positional      ? "\\fI" + roff(one.value) + "\\fR"
                       : one.value.empty() ? names
                                           : names + " \\fI" + roff(one.value) + "\\fR",
                       roff(one.text), one.preset.empty() ? "" : fmt::format(" (unless given: {})", roff(one.preset)));
}

/// For a text within single quotes of a shell.
std::string quoted(const std::string& text)
{
    std::string safe;
    for (const char c : text) {
        safe += c == '\'' ? std::string("'\\''") : std::string(1, c == '\n' ? ' ' : c);
    }
    return safe;
}

std::vector<const CLI::App*> commands_of(const CLI::App& rogate)
{
    return rogate.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); });
}

bool takes_cases(const CLI::App& command)
{
    for (const OptionHelp& one : options_of(command)) {
        if (one.positional && one.value == "CASE") {
            return true;
        }
    }
    return false;
}

std::string words_of(const CLI::App& app)
{
    std::vector<std::string> words;
    for (const OptionHelp& one : options_of(app)) {
        if (!one.positional) {
            words.insert(words.end(), one.names.begin(), one.names.end());
        }
    }
    return fmt::format("{}", fmt::join(words, " "));
}

std::string bash(const CLI::App& rogate)
{
    std::string cases;
    std::string names;
    for (const CLI::App* command : commands_of(rogate)) {
        names += " " + command->get_name();
        cases += fmt::format("    {})\n        words='{}'\n", command->get_name(), words_of(*command));
        cases += takes_cases(*command)
                     ? "        [[ $current == -* ]] || words=$(rogate list 2>/dev/null | cut -d' ' -f1)\n"
                     : "";
        cases += "        ;;\n";
    }
    return fmt::format("# bash completion of rogate\n_rogate()\n{{\n    local current=${{COMP_WORDS[COMP_CWORD]}} "
                       "command= words word\n"
                       "    for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
                       "        [[ \" {0} \" != *\" $word \"* ]] || {{ command=$word; break; }}\n    done\n"
                       "    case $command in\n{1}    *)\n        words='{0} {2}'\n        ;;\n    esac\n"
                       "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}}\n"
                       "complete -o default -F _rogate rogate\n",
                       names.substr(1), cases, words_of(rogate));
}

std::string zsh_options(const CLI::App& app)
{
    std::string text;
    for (const OptionHelp& one : options_of(app)) {
        for (const std::string& name : one.names) {
            if (!one.positional) {
                text += fmt::format(" '{}:{}'", name, quoted(one.text));
            }
        }
    }
    return text;
}

std::string zsh(const CLI::App& rogate)
{
    std::string names;
    std::string cases;
    for (const CLI::App* command : commands_of(rogate)) {
        names += fmt::format(" '{}:{}'", command->get_name(), quoted(command->get_description()));
        cases += fmt::format("    {})\n        options=({} )\n", command->get_name(), zsh_options(*command));
        cases += takes_cases(*command) ? "        values=(${(f)\"$(rogate list 2>/dev/null | cut -d' ' -f1)\"})\n" : "";
        cases += "        ;;\n";
    }
    return "#compdef rogate\n_rogate()\n{\n    local -a commands options values\n    commands=(" + names +
           " )\n    if (( CURRENT == 2 )); then\n        options=(" + zsh_options(rogate) +
           " )\n        _describe command commands\n        _describe option options\n        return\n    fi\n    case "
           "$words[2] in\n" +
           cases + "    esac\n    _describe option options\n    compadd -a values\n    _files\n}\n_rogate \"$@\"\n";
}

std::string fish_options(const CLI::App& app, const std::string& condition)
{
    std::string text;
    for (const OptionHelp& one : options_of(app)) {
        if (one.positional) {
            continue;
        }
        text += "complete -c rogate -n '" + condition + "'";
        for (const std::string& name : one.names) {
            text += name.substr(0, 2) == "--" ? " -l " + name.substr(2) : " -s " + name.substr(1);
        }
        text += fmt::format("{} -d '{}'\n", one.value.empty() ? "" : " -r", quoted(one.text));
    }
    return text;
}

std::string fish(const CLI::App& rogate)
{
    std::string text = "# fish completion of rogate\n" + fish_options(rogate, "__fish_use_subcommand");
    for (const CLI::App* command : commands_of(rogate)) {
        const std::string condition = "__fish_seen_subcommand_from " + command->get_name();
        text += fmt::format("complete -c rogate -f -n '__fish_use_subcommand' -a '{}' -d '{}'\n", command->get_name(),
                            quoted(command->get_description()));
        text += fish_options(*command, condition);
        if (takes_cases(*command)) {
            text += "complete -c rogate -f -n '" + condition + "' -a \"(rogate list 2>/dev/null | cut -d' ' -f1)\"\n";
        }
    }
    return text;
}

}  // namespace

std::vector<OptionHelp> options_of(const CLI::App& app)
{
    std::vector<OptionHelp> all;
    for (const CLI::Option* option : app.get_options()) {
        all.push_back(help_of(*option));
    }
    for (const CLI::App* group : app.get_subcommands([](const CLI::App* one) { return one->get_name().empty(); })) {
        for (const CLI::Option* option : group->get_options()) {
            // A group has a help flag of its own, which is the command's once more.
            if (option != group->get_help_ptr()) {
                all.push_back(help_of(*option));
            }
        }
    }
    return all;
}

std::string man_page(const CLI::App& app)
{
    const CLI::App& root = app.get_parent() ? *app.get_parent() : app;
    std::string title = name_of(app);
    for (char& c : title) {
        c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    // NAME is one line; what follows in a description is the page's own.
    std::string summary = app.get_description();
    summary = summary.substr(0, summary.find(". "));
    for (char& c : summary) {
        c = c == '\n' ? ' ' : c;
    }
    std::string text = fmt::format(".TH {} 1 \"\" \"rogate " ROGATE_VERSION
                                   "\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}",
                                   title, roff(name_of(app)), roff(summary), synopsis(app));
    if (!app.get_footer().empty() && app.get_parent()) {
        text += ".SH DESCRIPTION\n" + roff(app.get_footer()) + "\n";
    }
    text += ".SH OPTIONS\n";
    for (const OptionHelp& one : options_of(app)) {
        text += option_page(one);
    }
    std::string others;
    for (const CLI::App* command : commands_of(root)) {
        text += &app == &root ? (others.empty() ? ".SH COMMANDS\n" : "") + fmt::format(".TP\n\\fB{}\\fR\n{}\n",
                                                                                       roff(command->get_name()),
                                                                                       roff(command->get_description()))
                              : "";
        others += command == &app ? "" : fmt::format(",\n.BR rogate\\-{} (1)", roff(command->get_name()));
    }
    text += ".SH EXIT STATUS\n" + roff(root.get_footer()) + "\n.SH SEE ALSO\n";
    return text + (&app == &root ? others.substr(2) : ".BR rogate (1)" + others) + "\n";
}

std::string completion(const CLI::App& rogate, const std::string& shell)
{
    return shell == "bash" ? bash(rogate) : shell == "zsh" ? zsh(rogate) : fish(rogate);
}

}  // namespace rogate::cli
