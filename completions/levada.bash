# SPDX-License-Identifier: Apache-2.0
# bash completion for levada(1), which knows the candidates itself.

_levada() {
    local cur prev words cword line
    # Neither '=' nor ':' ends a word here: --set out.format=csv is one value.
    _get_comp_words_by_ref -n =: cur prev words cword

    local option=
    if [[ $cur == --*=* ]]; then
        option=${cur%%=*}
        cur=${cur#*=}
        words=("${words[@]:0:cword}" "$option" "$cur")
        cword=$((cword + 1))
    fi

    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :files) compopt -o filenames 2>/dev/null; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
            :folders) compopt -o filenames 2>/dev/null; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur") ;;
            *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <("$1" complete "${words[@]:1:cword}" 2>/dev/null)

    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[.=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    # readline replaces what is behind the last '='.
    if [[ $cur == *=* && $COMP_WORDBREAKS == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*=}"}"}")
    fi
    return 0
} && complete -F _levada levada
