// SPDX-License-Identifier: GPL-2.0-or-later
#include "git/libgit2.h"

#include <dlfcn.h>

namespace rogate::git {
namespace {

/// The library's life: from the first use to the end of the program.
class Loaded {
public:
    Loaded()
    {
        void* handle = ::dlopen("libgit2.so." LIBGIT2_SOVERSION, RTLD_NOW | RTLD_LOCAL);
        if (!handle) {
            missing_ = "libgit2.so." LIBGIT2_SOVERSION;
            return;
        }
#define ROGATE_LOAD(name) load(handle, "git_" #name, lib_.name);
        ROGATE_LIBGIT2_FUNCTIONS(ROGATE_LOAD)
#undef ROGATE_LOAD
        if (missing_.empty()) {
            lib_.libgit2_init();
        }
    }
    Loaded(const Loaded&) = delete;
    Loaded& operator=(const Loaded&) = delete;
    ~Loaded()
    {
        if (missing_.empty()) {
            lib_.libgit2_shutdown();
        }
    }

    /// The first thing that could not be loaded; empty when all is there.
    [[nodiscard]] const std::string& missing() const
    {
        return missing_;
    }
    [[nodiscard]] const Library& lib() const
    {
        return lib_;
    }

private:
    template <class Function>
    void load(void* handle, const char* name, Function& function)
    {
        function = reinterpret_cast<Function>(::dlsym(handle, name));
        if (!function && missing_.empty()) {
            missing_ = name;
        }
    }

    Library lib_;
    std::string missing_;
};

}  // namespace

Result<const Library*> library()
{
    static const Loaded loaded;
    if (!loaded.missing().empty()) {
        return Error{ErrorKind::environment, "cannot load '" + loaded.missing() + "'",
                     "install the package libgit2-" LIBGIT2_SOVERSION};
    }
    return &loaded.lib();
}

Error git_error(const Library& lib, ErrorKind kind, const std::string& what)
{
    const ::git_error* last = lib.error_last();
    return {kind, last && last->message ? what + ": " + last->message : what};
}

}  // namespace rogate::git
