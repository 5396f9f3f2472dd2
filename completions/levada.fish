# SPDX-License-Identifier: Apache-2.0
# fish completion for levada(1), which knows the candidates itself.

function __levada_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l before ''
    if string match -qr -- '^--[^=]*=' $words[-1]
        set before (string replace -r -- '=.*' '=' $words[-1])
        set words $words[1..-2] (string replace -r -- '=.*' '' $words[-1]) (string replace -r -- '^[^=]*=' '' $words[-1])
    end
    for line in ($program complete $words 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path $words[-1] | string replace -r -- '^' "$before"
            case :folders
                __fish_complete_directories $words[-1] | string replace -r -- '^' "$before"
            case '*'
                echo -- $before$line
        end
    end
end

complete -c levada -f -a '(__levada_complete)'
