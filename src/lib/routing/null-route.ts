import type { Circumstance, Option } from '../action.ts';
import type { Backend } from '../effect.ts';
import type { Ip } from '../fields.ts';
import { blackhole } from './blackhole.ts';
import { netTools } from './net-tools.ts';

/** The option that forces one of the ways to null-route. */
export const nullRouteOption: Option = {
  help: 'use this one only, instead of the first that works',
  values: ['ip-route', 'net-tools'],
};

/** Every way to send what goes to an address nowhere on Linux, best first. */
export const nullRoutes = (ip: Ip, circumstance: Circumstance): readonly Backend[] => [
  blackhole(ip, circumstance),
  netTools(ip, circumstance),
];
