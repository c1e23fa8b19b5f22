-- Nobody knows who made the links there are; they are good for three days at most.
DELETE FROM "PasswordLink";

-- AlterTable
ALTER TABLE "PasswordLink" ADD COLUMN     "makerId" UUID NOT NULL;

-- CreateIndex
CREATE INDEX "PasswordLink_makerId_idx" ON "PasswordLink"("makerId");

-- AddForeignKey
ALTER TABLE "PasswordLink" ADD CONSTRAINT "PasswordLink_makerId_fkey" FOREIGN KEY ("makerId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;
