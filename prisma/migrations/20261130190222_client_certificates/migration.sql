-- AlterTable
ALTER TABLE "Session" ADD COLUMN     "apiTokenId" UUID,
ADD COLUMN     "serial" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "Session_serial_key" ON "Session"("serial");

-- CreateIndex
CREATE INDEX "Session_apiTokenId_idx" ON "Session"("apiTokenId");

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_apiTokenId_fkey" FOREIGN KEY ("apiTokenId") REFERENCES "ApiToken"("id") ON DELETE CASCADE ON UPDATE CASCADE;
