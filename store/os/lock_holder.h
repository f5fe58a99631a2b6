// Whether lock_holder() (lock.h) can tell who holds a lock.
#pragma once

#include <boost/filesystem/path.hpp>

namespace rollback {

// Not where the last one that spoke is of another host, or the system does not say.
bool is_lock_holder_known(const boost::filesystem::path& path);

}  // namespace rollback
