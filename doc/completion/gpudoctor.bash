# SPDX-License-Identifier: MIT
# bash completion for gpudoctor(1)

_gpudoctor_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_gpudoctor_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

# The first word of each line that starts a paragraph.
_gpudoctor_names() {
	local line
	while IFS= read -r line; do
		case $line in
		[a-z]*) printf '%s\n' "${line%%[ ]*}" ;;
		esac
	done < <("$@" 2>/dev/null)
}

_gpudoctor() {
	local program=$1 cur=$2 prev=$3 command=${COMP_WORDS[1]-} options
	local machine='--root --capture --demo --timeout --facts'

	COMPREPLY=()
	if [ "$COMP_CWORD" -le 1 ]; then
		_gpudoctor_words 'check facts query rules explain record --help --version' "$cur"
		return
	fi
	case $command in
	check) options="$machine --format --fail-on --rules --show-private -q --quiet -v --verbose --color" ;;
	facts) options="$machine --format --describe --show-private" ;;
	query) options="$machine --format --show-private" ;;
	rules) options='--format --rules --check' ;;
	explain) options="$machine --format --rules --show-private" ;;
	record) options='--root --capture --demo --timeout --all --comment --force' ;;
	*) return ;;
	esac
	options="$options -h --help"
	case $prev in
	--root)
		_gpudoctor_files -d "$cur"
		return
		;;
	--capture | --facts | --rules | --check)
		_gpudoctor_files -f "$cur"
		return
		;;
	--format)
		if [ "$command" = facts ]; then
			_gpudoctor_words 'text json mdoc' "$cur"
		else
			_gpudoctor_words 'text json' "$cur"
		fi
		return
		;;
	--fail-on)
		_gpudoctor_words 'error warning' "$cur"
		return
		;;
	--color)
		_gpudoctor_words 'auto always never' "$cur"
		return
		;;
	--comment) return ;;
	esac
	case $cur in
	-*)
		_gpudoctor_words "$options" "$cur"
		return
		;;
	esac
	case $command in
	explain) _gpudoctor_words "$(_gpudoctor_names "$program" rules)" "$cur" ;;
	facts) _gpudoctor_words "$(_gpudoctor_names "$program" facts --describe)" "$cur" ;;
	record) _gpudoctor_files -f "$cur" ;;
	esac
}

complete -F _gpudoctor gpudoctor
