# SPDX-License-Identifier: Apache-2.0
#
#   root.sh REPOSITORY
#
# The files that a visitor sees first are those that are meant: what a trial run left behind is not committed.
set -eu
cd "$1"
[ -e .git ] || exit 0 # a source package

meant='.clang-format .gitignore CMakeLists.txt CMakePresets.json LICENSE README.md'
failed=0
for file in $(git -c safe.directory='*' ls-files | grep -v /); do
    case " $meant " in *" $file "*) continue ;; esac
    echo "$file is no file for the repository's root; or name it in tests/checks/root.sh"
    failed=1
done
exit "$failed"
