/** The shells that can complete our command line. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * What a shell is told once, to ask us at every tab: words and what stands there go to `t3-cockpit complete`, a candidate
 * a line comes back, with a tab and a word on it; a line without a candidate means a file, which shells know better. What
 * is offered is made from the tree of commands, and so cannot drift.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# t3-cockpit, in bash: eval "$(t3-cockpit completion bash)", or this in /etc/bash_completion.d/t3-cockpit
_t3_cockpit() {
  local line words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == $'\\t'* ]]; then compopt -o default; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <(t3-cockpit complete -- "\${words[@]}" 2> /dev/null)
  [[ \${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}
complete -F _t3_cockpit t3-cockpit
`,
  zsh: `#compdef t3-cockpit
# t3-cockpit, in zsh: eval "$(t3-cockpit completion zsh)" after compinit, or this as _t3-cockpit in a folder of $fpath
_t3_cockpit() {
  local line word about
  local -a found ending
  while IFS= read -r line; do
    word=\${line%%$'\\t'*} about=\${line#*$'\\t'}
    if [[ -z $word ]]; then _files; return; fi
    if [[ $word == *= ]]; then ending=(-S ''); fi
    found+=("\${word//:/\\\\:}\${about:+:$about}")
  done < <(t3-cockpit complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)
  _describe 't3-cockpit' found "\${(@)ending}"
}
if [[ \${funcstack[1]-} == _t3-cockpit ]]; then _t3_cockpit "$@"; else compdef _t3_cockpit t3-cockpit; fi
`,
  fish: `# t3-cockpit, in fish: t3-cockpit completion fish | source, or this in ~/.config/fish/completions/t3-cockpit.fish
function __t3_cockpit
  set -l words (commandline --tokens-expanded --cut-at-cursor 2> /dev/null; or commandline --tokenize --cut-at-cursor)
  set -l typed (commandline --current-token --cut-at-cursor)
  for line in (t3-cockpit complete -- $words[2..] "$typed" 2> /dev/null)
    if string match --quiet -- \\t'*' $line
      __fish_complete_path "$typed"
    else
      printf '%s\\n' $line
    end
  end
end
complete --command t3-cockpit --no-files --arguments '(__t3_cockpit)'
`,
};
