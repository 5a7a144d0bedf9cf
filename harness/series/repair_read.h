// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "series/repair_added.h"

namespace rogate::series {

/// Reads all hunks of all files: from the base where it has the file and the hunks fit it, by their counts elsewhere.
/// `bases` owns what the result's files point to. `repairs` gets what was found out about whole files.
/// Errors: conflict, with the line of the hunk that has no reading, or several.
Result<std::vector<ReadFile>> read_files(const std::vector<RawLine>& lines, const Parts& parts, const MendOptions& options,
                                         std::vector<std::unique_ptr<BaseFile>>& bases);

/// What lines that the base proves tell of the mail as a whole.
Damage find_damage(const std::vector<RawLine>& lines, const std::vector<ReadFile>& files);

/// Puts right, in files without a base, what can be told from the diff alone, and says how sure that is. Lines of the
/// readings are changed. Damage that leaves no trace (a tab made 8 blanks among 8 blanks) is not found.
void settle_without_base(const std::vector<RawLine>& lines, std::vector<ReadFile>& files, std::vector<Repair>& repairs);

/// What was wrong with received lines that should have been `expected` (prefix and text); empty = nothing.
std::string describe_damage(const std::vector<RawLine>& lines, const LogicalLine& line);

/// The received line's text behind its prefix; the whole of it when the prefix is not there.
std::string_view received_text(const std::vector<RawLine>& lines, const LogicalLine& line);

}  // namespace rogate::series
