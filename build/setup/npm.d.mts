export declare const oldestNode: string;
export declare function installNpmPackages(root: string): void;
export declare function linkNode(root: string): void;
export declare function stateOf(
  root: string,
  lock: string,
  stamp: string,
): 'stamped' | 'matching' | 'missing';
export declare function fits(lock: string, installed: string): boolean;
export declare function atLeast(version: string, minimum: string): boolean;
