import { Module } from '@nestjs/common';
import { HostDirectory } from './host-directory.ts';
import { HostsStore } from './hosts.store.ts';

@Module({ providers: [HostDirectory, HostsStore], exports: [HostDirectory, HostsStore] })
export class HostDirectoryModule {}
