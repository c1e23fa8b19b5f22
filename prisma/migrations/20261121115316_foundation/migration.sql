-- AlterTable
ALTER TABLE "Installation" ADD COLUMN     "epoch" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "User" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "passwordHash" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "preferences" JSONB NOT NULL DEFAULT '{}',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastLoginAt" TIMESTAMPTZ(3),

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Session" (
    "id" UUID NOT NULL,
    "tokenHash" BYTEA NOT NULL,
    "userId" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastSeenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "address" TEXT NOT NULL,
    "userAgent" TEXT NOT NULL,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Throttle" (
    "key" TEXT NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "lastFailedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lockedUntil" TIMESTAMPTZ(3),

    CONSTRAINT "Throttle_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "Host" (
    "id" UUID NOT NULL,
    "publicKey" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "facts" JSONB,
    "lastSequence" BIGINT NOT NULL DEFAULT 0,
    "joinedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastSeenAt" TIMESTAMPTZ(3),
    "joinCodeId" TEXT,

    CONSTRAINT "Host_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "JoinCode" (
    "id" TEXT NOT NULL,
    "secretHash" TEXT NOT NULL,
    "usesLeft" INTEGER NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "needsApproval" BOOLEAN NOT NULL,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "isLocal" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "JoinCode_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "KnownContainer" (
    "hostId" UUID NOT NULL,
    "containerId" TEXT NOT NULL,
    "report" JSONB NOT NULL,

    CONSTRAINT "KnownContainer_pkey" PRIMARY KEY ("hostId","containerId")
);

-- CreateTable
CREATE TABLE "HostEvent" (
    "hostId" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,

    CONSTRAINT "HostEvent_pkey" PRIMARY KEY ("hostId","sequence")
);

-- CreateTable
CREATE TABLE "AuditRow" (
    "sequence" BIGINT NOT NULL,
    "request" UUID NOT NULL,
    "phase" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "userId" UUID,
    "who" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "hostId" UUID,
    "target" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "status" INTEGER,
    "address" TEXT,
    "details" JSONB NOT NULL DEFAULT '{}',
    "hash" BYTEA NOT NULL,

    CONSTRAINT "AuditRow_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "MetricHistory" (
    "hostId" UUID NOT NULL,
    "containerId" TEXT NOT NULL,
    "startAt" TIMESTAMPTZ(3) NOT NULL,
    "offsetsMs" INTEGER[],
    "cpuPermille" REAL[],
    "memoryBytes" REAL[],
    "receiveBps" REAL[],
    "sendBps" REAL[],
    "readBps" REAL[],
    "writeBps" REAL[],
    "throttledPermille" REAL[],
    "pids" REAL[],

    CONSTRAINT "MetricHistory_pkey" PRIMARY KEY ("hostId","containerId","startAt")
) PARTITION BY RANGE ("startAt");

-- CreateIndex
CREATE UNIQUE INDEX "User_name_key" ON "User"("name");

-- CreateIndex
CREATE UNIQUE INDEX "Session_tokenHash_key" ON "Session"("tokenHash");

-- CreateIndex
CREATE INDEX "Session_userId_idx" ON "Session"("userId");

-- CreateIndex
CREATE INDEX "Session_expiresAt_idx" ON "Session"("expiresAt");

-- CreateIndex
CREATE INDEX "Throttle_lastFailedAt_idx" ON "Throttle"("lastFailedAt");

-- CreateIndex
CREATE UNIQUE INDEX "Host_publicKey_key" ON "Host"("publicKey");

-- CreateIndex
CREATE INDEX "Host_joinCodeId_idx" ON "Host"("joinCodeId");

-- CreateIndex
CREATE INDEX "JoinCode_expiresAt_idx" ON "JoinCode"("expiresAt");

-- CreateIndex
CREATE INDEX "HostEvent_at_idx" ON "HostEvent"("at");

-- CreateIndex
CREATE UNIQUE INDEX "AuditRow_request_phase_key" ON "AuditRow"("request", "phase");

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Host" ADD CONSTRAINT "Host_joinCodeId_fkey" FOREIGN KEY ("joinCodeId") REFERENCES "JoinCode"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "KnownContainer" ADD CONSTRAINT "KnownContainer_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "HostEvent" ADD CONSTRAINT "HostEvent_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;
