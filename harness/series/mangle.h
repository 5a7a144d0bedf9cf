// SPDX-License-Identifier: GPL-2.0-or-later
// For tests and benchmarks: does to mails what mailers, archives and web pages do.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "git/tree.h"

namespace rogate::series {

/// A way to spoil a mail's body.
struct Mangler {
    std::string name;
    std::function<std::string(const std::string&)> spoil;
    bool flowed = false;     ///< the mail then says so
    bool traceless = false;  ///< nothing in the mail shows the damage: without a base, nobody can know
};

/// All ways, single ones first, then some of those that come together.
std::vector<Mangler> manglers();

/// A series and what it is for.
struct Corpus {
    std::string name;
    git::Tree base;
    std::vector<std::string> mails;  ///< as `git format-patch` writes them, without a signature
};

/// The series in `folder` on the tree in `base_folder`.
Corpus read_corpus(const std::string& base_folder, const std::string& folder);

/// The same, its sources indented by tabs, with tabs inside lines and blanks at line ends: what most damage needs.
/// The blob ids of the index lines are those of the new texts.
Corpus tabbed(const Corpus& corpus);

/// The same without index lines.
Corpus without_index(const Corpus& corpus);

/// A mail's text from its first diff on.
std::string diff_of(const std::string& mail);

}  // namespace rogate::series
