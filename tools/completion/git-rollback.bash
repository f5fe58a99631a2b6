# Completion of `git rollback` and `git-rollback` for bash, in git's own
# framework: git's completion loads this file, by bash-completion, when it first
# meets the command. Verbs and options are those that the program itself names
# (--git-completion-helper, as every command of git does), so none is missing
# here and none is invented; what is here is how their values complete.
#
# To load it by hand: source it after git's own completion file.

# 1: a verb, or "hook post-deploy", or nothing
# Sets `known` to its options, those with a value ending in "=", and before them
# its verbs. The program is asked once in each shell.
__git_rollback_ask ()
{
	local var="__git_rollback_words_of_${1//[^a-zA-Z0-9]/_}"
	if [ -z "${!var-}" ]; then
		printf -v "$var" ' %s ' "$(__git rollback $1 --git-completion-helper 2>/dev/null)"
	fi
	known="${!var}"
}

# Those of `known` that are options, or with "verbs" those that are not.
__git_rollback_only ()
{
	local word
	for word in $known; do
		case "$1,$word" in
		options,-*|verbs,[!-]*) printf '%s ' "$word" ;;
		esac
	done
}

# 1: what is there of the word
# Ids and versions of the newest points, and older ids that begin so: quick with
# any number of points.
__git_rollback_points ()
{
	local id at verdict score commit parent deploy parts version environment
	__git rollback list -n 500 --porcelain 2>/dev/null |
	while read -r id at verdict score commit parent deploy parts version; do
		echo "$id"
		case "$version" in
		''|*[!A-Za-z0-9._+~-]*) ;;	# nothing that the shell would take apart
		*) echo "$version" ;;
		esac
	done
	case "$1" in
	[0-9][0-9][0-9][0-9]*)
		environment=$(__git config rollback.environment)
		__git for-each-ref --format='%(refname)' \
			"refs/rollback/${environment:-production}/points/$1*" |
		while read -r id; do
			echo "${id##*/}"
		done
		;;
	esac
}

# Operations of this environment that changed something, newest first.
__git_rollback_displaced ()
{
	local environment id
	environment=$(__git config rollback.environment)
	__git for-each-ref --sort=-refname --format='%(refname)' \
		"refs/rollback/${environment:-production}/before/*" |
	while read -r id; do
		echo "${id##*/}"
	done
}

# Of the newest point: playerbot, code, playerbot/code and so on.
__git_rollback_components ()
{
	local id at verdict score commit parent deploy parts version part
	read -r id at verdict score commit parent deploy parts version < <(
		__git rollback list -n 1 --porcelain 2>/dev/null)
	for part in ${parts//,/ }; do
		printf '%s\n' "${part%%/*}" "${part#*/}" "$part"
	done | sort -u
}

__git_rollback_complete_target ()
{
	local value="$1" times="last hour
last day
last week
2 hours ago"
	case "$value" in
	[\"\']*) value="${value:1}" ;;	# bash keeps the open quote itself
	*) times="${times// /\\ }" ;;
	esac
	__gitcomp_nl "last_stable
previous
$(__git_rollback_points "$value")" "" "$value"
	__gitcomp_nl_append "$(__git_heads '' "$value"; __git_tags '' "$value")" "" "$value"
	__gitcomp_nl_append "$times" "" "$value"
}

# A comma list: what stands before the last comma stays.
__git_rollback_complete_components ()
{
	local before=
	case "$1" in
	*,*) before="${1%,*}," ;;
	esac
	__gitcomp_nl "$(__git_rollback_components)" "$before" "${1#"$before"}" ''
}

# A comma list of commits, and of words before them.
# 1: words, one on each line, 2: what is there of the value
__git_rollback_complete_commits ()
{
	local before=
	case "$2" in
	*,*) before="${2%,*}," ;;
	esac
	__gitcomp_nl "$1" "$before" "${2#"$before"}" ''
	__gitcomp_nl_append "$(__git_heads '' "${2#"$before"}"
		__git_tags '' "${2#"$before"}")" "$before" "${2#"$before"}" ''
}

# 1: the option, 2: what is there of its value
__git_rollback_complete_value ()
{
	case "$1" in
	--target) __git_rollback_complete_target "$2" ;;
	--component|--components) __git_rollback_complete_components "$2" ;;
	--rows) __gitcomp "auto restore keep_new keep_all" "" "$2" ;;
	--accept-data-loss) __gitcomp "none minimal significant" "" "$2" ;;
	--export) __gitcomp "sql csv" "" "$2" ;;
	--conflicts) __gitcomp "stop closure skip" "" "$2" ;;
	--preserve) __git_rollback_complete_commits "none
hotfixes
security_patches" "$2" ;;
	--no-preserve) __git_rollback_complete_commits "" "$2" ;;
	--color) __gitcomp "always never auto" "" "$2" ;;
	--porcelain) __gitcomp "v1" "" "$2" ;;
	--commit) __git_complete_refs --cur="$2" ;;
	--version) __gitcomp_nl "$(__git_tags '' "$2")" "" "$2" ;;
	--status) __gitcomp "0 1" "" "$2" ;;
	--branch) __gitcomp_nl "$(__git_heads '' "$2")" "" "$2" ;;
	esac
}

# 1: where to begin
# Sets `argument` to the first word from there that is neither an option nor the
# value of one, and `argument_index` to its place.
__git_rollback_find_argument ()
{
	local c
	argument=
	for ((c = $1; c < cword; c++)); do
		case "${words[c]}" in
		-*)
			case "$known" in
			*" ${words[c]}= "*) ((c++)) ;;
			esac
			;;
		*)
			argument="${words[c]}"
			argument_index="$c"
			return
			;;
		esac
	done
}

_git_rollback ()
{
	local c verb argument argument_index known
	for ((c = __git_cmd_idx + 1; c < cword; c++)); do
		[ "${words[c]}" = -- ] && return	# somebody else's command follows
	done
	__git_rollback_ask ""
	__git_rollback_find_argument $((__git_cmd_idx + 1))
	verb="$argument"
	if [ -n "$verb" ]; then
		__git_rollback_ask "$verb"
		__git_rollback_find_argument $((argument_index + 1))
		if [ "$verb" = hook ] && [ -n "$argument" ]; then
			verb="hook $argument"
			__git_rollback_ask "$verb"
		fi
	fi

	case "$cur" in
	--*=*)
		__git_rollback_complete_value "${cur%%=*}" "${cur#*=}"
		return
		;;
	esac
	case "$known" in
	*" $prev= "*)
		__git_rollback_complete_value "$prev" "$cur"
		return
		;;
	esac

	case "$verb,$cur" in
	*,-*) __gitcomp "$(__git_rollback_only options)" ;;
	,*|hook,*) __gitcomp "$(__git_rollback_only verbs)" ;;
	mark,*)
		if [ -n "$argument" ]; then
			__gitcomp "stable failed"
		else
			__gitcomp_nl "$(__git_rollback_points "$cur")"
		fi
		;;
	show,*|verify,*) __gitcomp_nl "$(__git_rollback_points "$cur")" ;;
	salvage,*) __gitcomp_nl "$(__git_rollback_displaced)" ;;
	sync,*) __gitcomp_nl "$(__git_remotes)" ;;
	esac
}

# For the command typed with a dash: git's framework has to be there.
if ! declare -F __git_complete >/dev/null; then
	for __git_rollback_file in "${BASH_SOURCE[0]%/*}/git" \
		/usr/share/bash-completion/completions/git; do
		if [ -r "$__git_rollback_file" ]; then
			. "$__git_rollback_file"
			break
		fi
	done
	unset __git_rollback_file
fi
if declare -F __git_complete >/dev/null; then
	__git_complete git-rollback _git_rollback
fi
