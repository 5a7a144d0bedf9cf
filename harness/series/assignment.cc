// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/assignment.h"

#include <limits>

namespace rogate::series {

std::vector<size_t> assign(const std::vector<std::vector<int64_t>>& costs)
{
    constexpr int64_t kFar = std::numeric_limits<int64_t>::max();
    const size_t size = costs.size();
    // Rows and columns are counted from 1 in here; column 0 stands for the row that is being placed.
    std::vector<int64_t> row_price(size + 1, 0);
    std::vector<int64_t> column_price(size + 1, 0);
    std::vector<size_t> row_of(size + 1, 0);
    for (size_t row = 1; row <= size; ++row) {
        std::vector<int64_t> distance(size + 1, kFar);
        std::vector<size_t> from(size + 1, 0);
        std::vector<bool> done(size + 1, false);
        size_t column = 0;
        row_of[0] = row;
        do {
            done[column] = true;
            const size_t at = row_of[column];
            int64_t step = kFar;
            size_t next = 0;
            for (size_t j = 1; j <= size; ++j) {
                if (done[j]) {
                    continue;
                }
                const int64_t through = costs[at - 1][j - 1] - row_price[at] - column_price[j];
                if (through < distance[j]) {
                    distance[j] = through;
                    from[j] = column;
                }
                if (distance[j] < step) {
                    step = distance[j];
                    next = j;
                }
            }
            for (size_t j = 0; j <= size; ++j) {
                if (done[j]) {
                    row_price[row_of[j]] += step;
                    column_price[j] -= step;
                } else if (distance[j] != kFar) {
                    distance[j] -= step;
                }
            }
            column = next;
        } while (row_of[column] != 0);
        for (; column != 0; column = from[column]) {
            row_of[column] = row_of[from[column]];
        }
    }
    std::vector<size_t> column_of(size, 0);
    for (size_t j = 1; j <= size; ++j) {
        column_of[row_of[j] - 1] = j - 1;
    }
    return column_of;
}

}  // namespace rogate::series
