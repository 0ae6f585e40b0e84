/** The shells that can complete our command line. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * What a shell is told once, to ask us at every tab: words and what stands there go to `t3-cockpit complete`, a candidate
 * a line comes back, with a tab and a word on it. What is offered is made from the tree of commands, and so cannot drift.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# t3-cockpit, in bash: eval "$(t3-cockpit completion bash)", or this in /etc/bash_completion.d/t3-cockpit
_t3_cockpit() {
  local line words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("\${line%%$'\\t'*}"); done < <(t3-cockpit complete -- "\${words[@]}" 2> /dev/null)
  [[ \${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}
complete -o default -F _t3_cockpit t3-cockpit
`,
  zsh: `#compdef t3-cockpit
# t3-cockpit, in zsh: eval "$(t3-cockpit completion zsh)" after compinit, or this as _t3-cockpit in a folder of $fpath
_t3_cockpit() {
  local line
  local -a found
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(t3-cockpit complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)
  if (( \${#found} )); then _describe 't3-cockpit' found; else _files; fi
}
if [[ \${funcstack[1]-} == _t3-cockpit ]]; then _t3_cockpit "$@"; else compdef _t3_cockpit t3-cockpit; fi
`,
  fish: `# t3-cockpit, in fish: t3-cockpit completion fish | source, or this in ~/.config/fish/completions/t3-cockpit.fish
function __t3_cockpit
  set -l words (commandline --tokens-expanded --cut-at-cursor 2> /dev/null; or commandline --tokenize --cut-at-cursor)
  t3-cockpit complete -- $words[2..] (commandline --current-token --cut-at-cursor) 2> /dev/null
end
complete --command t3-cockpit --arguments '(__t3_cockpit)'
`,
};
