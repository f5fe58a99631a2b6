<?php
// For Deployer's deploy.php: a point before each deploy, and after it how it
// ended. `rollback_repo` is a clone with .rollback.yml on the server. It is fetched
// first, so that the commit in REVISION is known there.
namespace Deployer;

set('rollback_repo', '{{deploy_path}}/code');

task('rollback:pre', fn() => run('cd {{rollback_repo}} && git fetch -q && git rollback hook pre-deploy'));
task('rollback:post', fn() => run('cd {{rollback_repo}} && git rollback hook post-deploy --status 0'));
task('rollback:failed', fn() => run('cd {{rollback_repo}} && git rollback hook post-deploy --status 1 || true'));

before('deploy', 'rollback:pre');
after('deploy', 'rollback:post');
fail('deploy', 'rollback:failed');
