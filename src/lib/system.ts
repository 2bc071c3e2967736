/** The systems that there are actions for. */
export type System = 'linux' | 'windows' | 'macos' | 'freebsd' | 'openbsd' | 'netbsd';
