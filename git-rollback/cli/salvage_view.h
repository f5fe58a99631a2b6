// What was displaced, and what became of rows that were put back, for people and
// for programs.
#pragma once

#include <string>
#include <vector>

#include "part/salvage.h"

namespace rollback {

std::string salvage_for_people(const std::vector<SalvageTable>& tables);
std::string dump_salvage(const std::string& environment, const std::vector<SalvageTable>& tables);

// `done`: else it was tried alone.
std::string put_back_for_people(const std::vector<PutBack>& results, bool done);
std::string dump_put_back(const std::vector<PutBack>& results, const std::string& id, bool done);
std::vector<std::string> hints_for(const std::vector<PutBack>& results);

bool goes_anywhere(const std::vector<PutBack>& results);
int exit_for(const std::vector<PutBack>& results);  // 0: all went, 1: not all

}  // namespace rollback
