export interface SystemPackage {
  readonly name: string;
  readonly tools: readonly string[];
  readonly purpose: string;
  readonly without: string;
  readonly service?: boolean;
}
export declare const systemPackages: readonly SystemPackage[];
export declare function installSystemPackages(): void;
export declare function missingPackages(
  packages: readonly SystemPackage[],
  has: (tool: string) => boolean,
): readonly SystemPackage[];
export declare function sparingBoots(
  packages: readonly SystemPackage[],
  booted: boolean,
): { readonly missing: readonly SystemPackage[]; readonly kept: readonly SystemPackage[] };
export declare function hindranceFor(machine: {
  readonly uid: number | undefined;
  readonly debian: boolean;
  readonly apt: boolean;
}): string | undefined;
export declare function consequences(
  missing: readonly SystemPackage[],
  reason: string,
): readonly string[];
