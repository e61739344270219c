import { expect, it } from "vitest";
import { isAllowedAddress, isPublicAddress } from "../../../src/outgoing-http/addresses.ts";

it.each([
  "8.8.8.8",
  "1.1.1.1",
  "172.15.255.255",
  "172.32.0.1",
  "100.63.255.255",
  "100.128.0.1",
  "169.253.1.1",
  "192.0.1.1",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2a00:1450:4001:80b::200e",
])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
  expect(isAllowedAddress(address, false)).toBe(true);
});

it.each([
  ["this network", "0.0.0.0"],
  ["loopback", "127.0.0.1"],
  ["loopback", "127.255.255.254"],
  ["private", "10.1.2.3"],
  ["private", "172.16.0.1"],
  ["private", "172.31.255.255"],
  ["private", "192.168.1.1"],
  ["CGNAT", "100.64.0.1"],
  ["CGNAT, and Alibaba's metadata", "100.100.100.200"],
  ["link-local, and the metadata of most clouds", "169.254.169.254"],
  ["Azure's host services", "168.63.129.16"],
  ["Oracle's metadata", "192.0.0.192"],
  ["documentation", "192.0.2.1"],
  ["documentation", "198.51.100.1"],
  ["documentation", "203.0.113.1"],
  ["benchmarks", "198.18.0.1"],
  ["multicast", "224.0.0.1"],
  ["multicast", "239.255.255.255"],
  ["reserved", "240.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["unspecified", "::"],
  ["loopback", "::1"],
  ["IPv4-mapped", "::ffff:8.8.8.8"],
  ["IPv4-mapped", "::ffff:7f00:1"],
  ["IPv4-compatible", "::127.0.0.1"],
  ["NAT64", "64:ff9b::8.8.8.8"],
  ["local NAT64", "64:ff9b:1::1"],
  ["unique local", "fd00::1"],
  ["AWS' metadata", "fd00:ec2::254"],
  ["link-local", "fe80::1"],
  ["link-local with a zone", "fe80::1%eth0"],
  ["site-local", "fec0::1"],
  ["multicast", "ff02::1"],
  ["Teredo", "2001:0:4136:e378::1"],
  ["documentation", "2001:db8::1"],
  ["documentation", "3fff::1"],
  ["6to4", "2002:7f00:1::1"],
  ["no address", "localhost"],
  ["no address", ""],
])("%s is not public: %s", (_, address) => {
  expect(isPublicAddress(address)).toBe(false);
  expect(isAllowedAddress(address, false)).toBe(false);
});

it.each(["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1"])(
  "allow_private lets requests to %s",
  (address) => {
    expect(isAllowedAddress(address, true)).toBe(true);
  },
);

it.each([
  "169.254.169.254",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd20:ce::254",
  "fe80::1",
  "fe80::1%eth0",
  "0.0.0.0",
  "::",
  "224.0.0.1",
  "255.255.255.255",
  "::ffff:10.0.0.1",
  "::ffff:169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "no address",
])("not even allow_private lets requests to %s", (address) => {
  expect(isAllowedAddress(address, true)).toBe(false);
});
