// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/request_log.h"

#include <charconv>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace rogate::lab {
namespace {

/// The value of ` key=` in a line; empty when the line has none.
std::string_view value_of(std::string_view line, std::string_view key)
{
    for (size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
        const size_t equals = at + key.size();
        if ((at == 0 || line[at - 1] == ' ') && equals < line.size() && line[equals] == '=') {
            const std::string_view rest = line.substr(equals + 1);
            return rest.substr(0, rest.find(' '));
        }
    }
    return {};
}

bool number_of(std::string_view line, std::string_view key, uint64_t& value)
{
    std::string_view digits = value_of(line, key);
    int base = 10;
    if (digits.substr(0, 2) == "0x") {
        digits.remove_prefix(2);
        base = 16;
    }
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return !digits.empty() && ec == std::errc() && end == digits.data() + digits.size();
}

struct Reader {
    std::vector<WireRequest> requests;
    std::map<uint64_t, std::string> exports;                           // by connection
    std::map<std::pair<uint64_t, uint64_t>, size_t> waiting;           // (connection, id) -> index into requests

    /// `rest` follows the time: "connection=1 Write id=3 offset=0x0 count=0x200 fua=0 ...". False = broken form.
    bool take(std::string_view rest)
    {
        uint64_t connection = 0;
        if (!number_of(rest, "connection", connection)) {
            return true;  // Ready, Preconnect: not about a connection
        }
        const size_t space = rest.find(' ');
        if (space == std::string_view::npos) {
            return false;
        }
        std::string_view what = rest.substr(space + 1);
        const bool answer = what.substr(0, 3) == "...";
        what.remove_prefix(answer ? 3 : 0);
        const std::string_view operation = what.substr(0, what.find(' '));
        if (operation == "Connect" && !answer) {
            exports[connection] = value_of(what, "export");
            return true;
        }
        uint64_t id = 0;
        if (!number_of(what, "id", id)) {
            return true;  // Disconnect and the like
        }
        return answer ? take_answer({connection, id}, what) : take_request({connection, id}, operation, what);
    }

    bool take_request(std::pair<uint64_t, uint64_t> key, std::string_view operation, std::string_view what)
    {
        WireRequest request;
        request.operation = operation;
        request.export_name = exports[key.first];
        if (operation != "Flush" && (!number_of(what, "offset", request.offset_bytes) ||
                                     !number_of(what, "count", request.count_bytes))) {
            return false;
        }
        waiting[key] = requests.size();
        requests.push_back(std::move(request));
        return true;
    }

    bool take_answer(std::pair<uint64_t, uint64_t> key, std::string_view what)
    {
        const auto found = waiting.find(key);
        if (found == waiting.end()) {
            return false;
        }
        WireRequest& request = requests[found->second];
        request.answered = true;
        if (value_of(what, "return") != "0") {
            const std::string_view error = value_of(what, "error");
            request.error = error.empty() ? "unknown" : error;
        }
        waiting.erase(found);
        return true;
    }
};

}  // namespace

Result<std::vector<WireRequest>> parse_request_log(std::string_view text)
{
    Reader reader;
    size_t number = 0;
    while (!text.empty()) {
        ++number;
        const size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        // "2026-11-23 03:10:55.553681 " is 27 characters long
        constexpr size_t kTimeLength = 27;
        if (line.size() > kTimeLength && !reader.take(line.substr(kTimeLength))) {
            return Error{ErrorKind::corrupt, fmt::format("line {} of the request log cannot be read: '{}'", number, line)};
        }
    }
    return std::move(reader.requests);
}

}  // namespace rogate::lab
