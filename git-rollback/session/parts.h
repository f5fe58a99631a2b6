// Makes the parts of an operation or a point from the configuration.
#pragma once

#include <memory>
#include <vector>

#include "part/part.h"
#include "run/executor.h"
#include "session/selection.h"
#include "session/session.h"

namespace rollback {

// One part for each kind of each component, but one code part for all of them.
std::vector<std::unique_ptr<Part>> make_parts(const Session& session,
                                              const Configuration& configuration,
                                              const Selection& selection);

// Every part of its configuration, which must be good.
std::vector<std::unique_ptr<Part>> all_parts(const Session& session);

// Its databases, with what git config says of all of them.
std::vector<DatabaseSettings> databases_of(const Session& session,
                                           const ComponentConfiguration& component);

// The services that must be quiet while these parts are swapped: those of
// every component that has any part but code among them.
std::vector<Service> make_services(const Configuration& configuration, const Selection& selection);

// What runs now, by component, where `current` leads into `releases`.
std::map<std::string, std::string> current_releases(const Session& session);

}  // namespace rollback
