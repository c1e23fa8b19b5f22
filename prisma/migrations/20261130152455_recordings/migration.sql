-- CreateTable
CREATE TABLE "Recording" (
    "id" UUID NOT NULL,
    "request" UUID NOT NULL,
    "userId" UUID,
    "who" TEXT NOT NULL,
    "hostId" UUID NOT NULL,
    "containerId" TEXT NOT NULL,
    "containerName" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "command" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "durationMs" INTEGER,
    "sizeBytes" BIGINT,
    "sha256" TEXT,
    "isTruncated" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "Recording_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Recording_hostId_startedAt_idx" ON "Recording"("hostId", "startedAt");

-- CreateIndex
CREATE INDEX "Recording_startedAt_idx" ON "Recording"("startedAt");

-- CreateIndex
CREATE INDEX "AuditRow_hostId_sequence_idx" ON "AuditRow"("hostId", "sequence");
