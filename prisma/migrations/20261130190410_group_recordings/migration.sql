-- AlterTable
ALTER TABLE "HostGroup" ADD COLUMN     "recordingDays" INTEGER;
