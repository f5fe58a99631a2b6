// The hooks of git's own that push to deploy stands on.
#pragma once

#include "command/command.h"

namespace rollback {

int update_hook(const Arguments& arguments);
int post_receive_hook(const Arguments& arguments);

}  // namespace rollback
