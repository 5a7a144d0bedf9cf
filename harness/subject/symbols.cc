// SPDX-License-Identifier: GPL-2.0-or-later
#include "subject/symbols.h"

#include <algorithm>
#include <cctype>

namespace rogate::subject {
namespace {

bool is_word(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Cuts C text into words and single signs; comments, strings and preprocessor lines are passed over.
class Tokens {
public:
    explicit Tokens(std::string_view text) : text_(text) {}

    /// The next word or sign; empty at the end.
    std::string_view next()
    {
        skip_blank();
        if (at_ >= text_.size()) {
            return {};
        }
        size_t end = at_ + 1;
        while (is_word(text_[at_]) && end < text_.size() && is_word(text_[end])) {
            ++end;
        }
        const std::string_view token = text_.substr(at_, end - at_);
        at_ = end;
        if (token == "\"" || token == "'") {
            skip_string(token[0]);
        }
        return token;
    }

private:
    void skip_to(std::string_view mark)
    {
        const size_t found = text_.find(mark, at_);
        at_ = found == std::string_view::npos ? text_.size() : found + mark.size();
    }

    void skip_string(char quote)
    {
        while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
            at_ += text_[at_] == '\\' ? 2 : 1;
        }
        ++at_;
    }

    /// To the end of a preprocessor line, its continuations included.
    void skip_directive()
    {
        while (at_ < text_.size() && text_[at_] != '\n') {
            if (text_.substr(at_, 2) == "/*") {
                skip_to("*/");
            } else {
                at_ += text_[at_] == '\\' ? 2 : 1;
            }
        }
    }

    void skip_blank()
    {
        for (;;) {
            while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
                ++at_;
            }
            const std::string_view rest = text_.substr(std::min(at_, text_.size()));
            if (rest.starts_with("/*")) {
                at_ += 2;
                skip_to("*/");
            } else if (rest.starts_with("//")) {
                skip_to("\n");
            } else if (rest.starts_with("#")) {
                skip_directive();
            } else {
                return;
            }
        }
    }

    std::string_view text_;
    size_t at_ = 0;
};

/// One declaration at file scope while it is read.
class Declaration {
public:
    explicit Declaration(std::set<std::string>& names) : names_(names) {}

    /// Takes a token outside all braces; true when a body opens here that is to be passed over.
    bool take(std::string_view token)
    {
        if (token == "(") {
            // The last one counts: a macro's call may stand before a function.
            if (parens_++ == 0 && last_ != "__attribute__") {
                function_ = last_;
            }
        } else if (token == ")") {
            --parens_;
        } else if (token == "{") {
            if (!function_.empty() && !initialised_ && parens_ == 0) {
                add(function_);
                reset();
            }
            last_.clear();  // what stands before a struct's body is its tag
            return true;
        } else if (parens_ == 0) {
            take_plain(token);
        }
        return false;
    }

private:
    void reset()
    {
        function_.clear();
        last_.clear();
        parens_ = words_ = 0;
        initialised_ = hidden_ = false;
    }

    void add(const std::string& name)
    {
        if (!hidden_ && !name.empty()) {
            names_.insert(name);
        }
    }

    void take_plain(std::string_view token)
    {
        if (token == ";" || token == "," || token == "=" || token == "[") {
            // A variable's name stands right before one of these; a lone word is no declaration.
            if (!initialised_ && function_.empty() && words_ >= 2) {
                add(last_);
            }
            initialised_ = token == "=" || token == "[" || (initialised_ && token != ",");
            if (token == ";") {
                reset();
            }
        } else if (is_word(token[0])) {
            hidden_ |= token == "static" || token == "extern" || token == "typedef";
            last_ = token;
            ++words_;
        }
    }

    std::set<std::string>& names_;
    std::string function_;
    std::string last_;
    int parens_ = 0;
    bool initialised_ = false;
    bool hidden_ = false;
    int words_ = 0;
};

}  // namespace

std::set<std::string> defined_names(std::string_view c_text)
{
    std::set<std::string> names;
    Tokens tokens(c_text);
    Declaration declaration(names);
    int braces = 0;
    for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
        if (braces > 0) {
            braces += token == "{" ? 1 : token == "}" ? -1 : 0;
        } else if (declaration.take(token)) {
            braces = 1;
        }
    }
    return names;
}

std::map<std::string, std::vector<std::string>> find_definitions(const std::vector<std::string>& symbols,
                                                                 const git::Tree& files)
{
    std::map<std::string, std::vector<std::string>> found;
    for (const std::string& symbol : symbols) {
        found[symbol];
    }
    for (const auto& [path, entry] : files) {
        if (!path.ends_with(".c") || !entry.content) {
            continue;
        }
        const auto mentioned = [&](const std::string& symbol) {
            return entry.content->find(symbol) != std::string::npos;
        };
        if (std::none_of(symbols.begin(), symbols.end(), mentioned)) {
            continue;
        }
        const std::set<std::string> names = defined_names(*entry.content);
        for (auto& [symbol, paths] : found) {
            if (names.contains(symbol)) {
                paths.push_back(path);
            }
        }
    }
    return found;
}

std::vector<std::string> missing_symbols(const std::string& linker_output)
{
    constexpr std::string_view kMark = "undefined reference to `";
    std::vector<std::string> symbols;
    for (size_t at = linker_output.find(kMark); at != std::string::npos; at = linker_output.find(kMark, at)) {
        at += kMark.size();
        std::string symbol = linker_output.substr(at, linker_output.find('\'', at) - at);
        if (!symbol.starts_with("nbdkit_") && std::find(symbols.begin(), symbols.end(), symbol) == symbols.end()) {
            symbols.push_back(std::move(symbol));
        }
    }
    return symbols;
}

}  // namespace rogate::subject
