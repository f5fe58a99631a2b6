# For Capistrano's config/deploy.rb: a point before each deploy, and after it how
# it ended. `rollback_repo` is a clone with .rollback.yml on the server (not the
# mirror in repo/, whose fetch would delete the points). It is fetched first, so
# that the commit in REVISION is known there.
set :rollback_repo, -> { deploy_path.join("code") }

after("deploy:starting", "rollback:pre")  { on(roles(:app)) { within(fetch(:rollback_repo)) { execute :git, "fetch -q && git rollback hook pre-deploy" } } }
after("deploy:finished", "rollback:post") { on(roles(:app)) { within(fetch(:rollback_repo)) { execute :git, "rollback hook post-deploy --status 0" } } }
after("deploy:failed", "rollback:failed") { on(roles(:app)) { within(fetch(:rollback_repo)) { test :git, "rollback hook post-deploy --status 1" } } }
