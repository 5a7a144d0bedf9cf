// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <git2.h>
#include <git2/sys/mempack.h>

#include "base/result.h"
#include "git/object_id.h"

namespace rogate::git {

/// The functions of libgit2 in use, without their git_ in front.
#define ROGATE_LIBGIT2_FUNCTIONS(X) \
    X(commit_author)                \
    X(commit_free)                  \
    X(commit_lookup)                \
    X(commit_parent_id)             \
    X(commit_parentcount)           \
    X(commit_summary)               \
    X(commit_tree_id)               \
    X(diff_buffers)                 \
    X(diff_find_similar)            \
    X(diff_free)                    \
    X(diff_get_delta)               \
    X(diff_num_deltas)              \
    X(diff_tree_to_tree)            \
    X(error_last)                   \
    X(libgit2_init)                 \
    X(libgit2_shutdown)             \
    X(mempack_new)                  \
    X(merge_file)                   \
    X(merge_file_result_free)       \
    X(object_free)                  \
    X(object_id)                    \
    X(object_peel)                  \
    X(odb_add_backend)              \
    X(odb_exists)                   \
    X(odb_exists_prefix)            \
    X(odb_free)                     \
    X(odb_new)                      \
    X(odb_object_data)              \
    X(odb_object_free)              \
    X(odb_object_size)              \
    X(odb_object_type)              \
    X(odb_read)                     \
    X(odb_read_header)              \
    X(odb_write)                    \
    X(repository_free)              \
    X(repository_init)              \
    X(repository_is_bare)           \
    X(repository_odb)               \
    X(repository_open_ext)          \
    X(revparse_single)              \
    X(revwalk_free)                 \
    X(revwalk_hide)                 \
    X(revwalk_new)                  \
    X(revwalk_next)                 \
    X(revwalk_push)                 \
    X(revwalk_sorting)              \
    X(tree_free)                    \
    X(tree_lookup)

/// libgit2, loaded and initialised. Linking it would cost each start of rogate 1.8 ms, and its own start 4 ms more.
struct Library {
#define ROGATE_MEMBER(name) decltype(&::git_##name) name = nullptr;
    ROGATE_LIBGIT2_FUNCTIONS(ROGATE_MEMBER)
#undef ROGATE_MEMBER
};

/// Loads libgit2 at the first call; it is shut down when the program ends. Thread safe.
/// Errors: environment, naming the Debian package.
Result<const Library*> library();

/// An Error of `kind` with libgit2's own words about its last failure, which are copied at once: "<what>: <words>".
Error git_error(const Library& lib, ErrorKind kind, const std::string& what);

inline git_oid to_oid(const ObjectId& id)
{
    git_oid oid;
    static_assert(sizeof oid.id == sizeof id.bytes);
    std::copy(id.bytes.begin(), id.bytes.end(), oid.id);
    return oid;
}

inline ObjectId from_oid(const git_oid& oid)
{
    ObjectId id;
    std::copy(std::begin(oid.id), std::end(oid.id), id.bytes.begin());
    return id;
}

}  // namespace rogate::git
